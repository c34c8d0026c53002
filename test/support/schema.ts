import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type PrismaVersion, REPOSITORY } from './prisma-versions.js'

/** What a Prisma schema calls the database. */
export type Provider = 'sqlite' | 'postgresql' | 'mysql'

/** Prisma's two client generators: TypeScript source, or JavaScript with declarations. */
export const CLIENT_GENERATORS = ['prisma-client', 'prisma-client-js'] as const
export type ClientGenerator = (typeof CLIENT_GENERATORS)[number]

/** A generator that runs after the client's, e.g. this library's own. */
export interface ExtraGenerator {
  readonly name: string
  readonly provider: string
  /** Relative to the schema's folder. */
  readonly output: string
  /** Further settings, by name. */
  readonly settings?: { readonly [name: string]: string }
}

export interface SchemaOptions {
  readonly provider: Provider
  readonly prisma: PrismaVersion
  readonly generator: ClientGenerator
  /** Models in Prisma's language; the common test models if absent. */
  readonly models?: string
  readonly extraGenerators?: readonly ExtraGenerator[]
  /** Of Prisma's client: `strictUndefinedChecks` … */
  readonly previewFeatures?: readonly string[]
  /** PostgreSQL's schemas that the models name by `@@schema`. */
  readonly schemas?: readonly string[]
}

/** Folder of the generated client, relative to the schema's. */
export const CLIENT_OUTPUT = 'client'

/** A whole schema: datasource, generators, and the models as that database needs them. */
export function renderSchema(options: SchemaOptions): string {
  const models = options.models ?? commonModels(options.provider)
  return [
    datasource(options),
    clientGenerator(options),
    ...(options.extraGenerators ?? []).map((extra) =>
      block(`generator ${extra.name}`, { provider: extra.provider, output: extra.output, ...extra.settings }),
    ),
    models,
  ].join('\n')
}

/** The same models without generators, in the language of Prisma 7: what the tables are made from. */
export function renderTables({
  provider,
  models = commonModels(provider),
  schemas,
}: Pick<SchemaOptions, 'provider' | 'models' | 'schemas'>) {
  return `${block('datasource db', { provider, ...(schemas === undefined ? {} : { schemas }) })}\n${models}`
}

/** The common test models, with the column types that database needs. */
export function commonModels(provider: Provider): string {
  const models = readFileSync(path.join(REPOSITORY, 'prisma/test/models.prisma'), 'utf8')
  return provider === 'mysql' ? withMysqlColumns(models) : models
}

// Prisma 7 keeps the URL out of the schema, 6.x wants one there; with a driver adapter nothing reads it.
function datasource({ provider, prisma, schemas }: SchemaOptions): string {
  const url = provider === 'sqlite' ? 'file:./unused.db' : `${provider}://unused.invalid/unused`
  return block('datasource db', {
    provider,
    ...(prisma === '7' ? {} : { url }),
    ...(schemas === undefined ? {} : { schemas }),
  })
}

function clientGenerator({ generator, prisma, previewFeatures }: SchemaOptions): string {
  return block('generator client', {
    provider: generator,
    output: `./${CLIENT_OUTPUT}`,
    ...(previewFeatures === undefined ? {} : { previewFeatures }),
    ...(prisma === '7' ? {} : { engineType: 'client' }),
    ...(generator === 'prisma-client' ? { moduleFormat: 'esm', runtime: 'nodejs' } : {}),
  })
}

function block(head: string, settings: { readonly [name: string]: string | readonly string[] }): string {
  const lines = Object.entries(settings).map(([name, value]) => `  ${name} = ${JSON.stringify(value)}\n`)
  return `${head} {\n${lines.join('')}}\n`
}

interface MysqlColumn {
  readonly native: string
  /** Added to `@encrypted`, for a column with a length. */
  readonly maxBytes?: number
}

// MySQL's default String is VARCHAR(191); a cell of n payload bytes has 20 + ceil(4·(29 + n)/3) characters.
const MYSQL_COLUMNS: { readonly [field: string]: MysqlColumn } = {
  'Client.name': { native: '@db.LongText' },
  'Client.ssn': { native: '@db.VarChar(191)', maxBytes: 99 },
  'Client.ssnIndex': { native: '@db.VarChar(45)' },
  'Client.email': { native: '@db.VarChar(512)', maxBytes: 340 },
  'Client.emailIndex': { native: '@db.VarChar(45)' },
  'Client.phone': { native: '@db.VarChar(191)', maxBytes: 99 },
  'Client.phoneIndex': { native: '@db.VarChar(45)' },
  'Client.dob': { native: '@db.VarChar(80)' },
  'Client.score': { native: '@db.VarChar(80)' },
  'Client.balance': { native: '@db.VarChar(191)', maxBytes: 99 },
  'Client.nickname': { native: '@db.VarChar(191)', maxBytes: 99 },
  'Note.body': { native: '@db.LongText' },
  'User.email': { native: '@db.VarChar(512)', maxBytes: 340 },
  'User.emailIndex': { native: '@db.VarChar(45)' },
  'Profile.bio': { native: '@db.Text', maxBytes: 49_107 },
  'AppSecret.value': { native: '@db.LongText' },
  'FieldsealKey.keyId': { native: '@db.VarChar(12)' },
  'FieldsealKey.tenantRef': { native: '@db.VarChar(64)' },
  'FieldsealKey.tenant': { native: '@db.VarChar(256)' },
  'FieldsealKey.purpose': { native: '@db.VarChar(16)' },
  'FieldsealKey.state': { native: '@db.VarChar(16)' },
  'FieldsealKey.activeRef': { native: '@db.VarChar(81)' },
  'FieldsealKey.kekUri': { native: '@db.Text' },
  'FieldsealTenant.tenantRef': { native: '@db.VarChar(64)' },
  'FieldsealTenant.tenant': { native: '@db.VarChar(256)' },
  'FieldsealTenant.state': { native: '@db.VarChar(16)' },
}

function withMysqlColumns(models: string): string {
  const missing = new Set(Object.keys(MYSQL_COLUMNS))
  let model = ''
  let pendingAnnotation = -1
  const lines = models.split('\n')
  for (const [index, line] of lines.entries()) {
    model = /^model (\w+)/.exec(line)?.[1] ?? model
    if (/^ +\/\/\/ @encrypted/.test(line)) pendingAnnotation = index
    const field = `${model}.${/^ {2}(\w+) /.exec(line)?.[1] ?? ''}`
    const column = MYSQL_COLUMNS[field]
    if (column === undefined) continue
    missing.delete(field)
    lines[index] = withMaxBytes(line.replace(/^( {2}\w+ +\w+\??)/, `$1 ${column.native}`), column.maxBytes)
    const annotation = lines[pendingAnnotation]
    if (pendingAnnotation === index - 1 && annotation !== undefined) {
      lines[pendingAnnotation] = withMaxBytes(annotation, column.maxBytes)
    }
  }
  if (missing.size > 0) throw new Error(`The test models have no such fields: ${[...missing].join(', ')}`)
  return lines.join('\n')
}

function withMaxBytes(text: string, maxBytes: number | undefined): string {
  if (maxBytes === undefined) return text
  return text.replace(/@encrypted(?:\(([^)]*)\))?/, (_, given?: string) => {
    const others = given === undefined ? '' : `${given}, `
    return `@encrypted(${others}maxBytes: ${maxBytes})`
  })
}
