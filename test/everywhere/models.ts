import type { DatabaseName } from '../support/databases/database.js'
import { commonModels, type Provider } from '../support/schema.js'

/** What a Prisma schema calls a database the tests run on. */
export const PROVIDER_OF: { readonly [D in DatabaseName]: Provider } = {
  sqlite: 'sqlite',
  pglite: 'postgresql',
  postgresql: 'postgresql',
  mariadb: 'mysql',
}

/** Models of a test with the models for keys behind them. */
export function withKeyModels(database: DatabaseName, models: string): string {
  const common = commonModels(PROVIDER_OF[database])
  return `${models}\n${common.slice(common.indexOf('model FieldsealKey'))}`
}

/** A column type where the database has such, for the end of a field's type. */
export function native(database: DatabaseName, types: { readonly [P in Provider]?: string }): string {
  return types[PROVIDER_OF[database]] ?? ''
}
