import { commonModels, type Provider } from './schema.js'

/** The models that keep keys, for a schema of a test's own. */
export function keyModels(provider: Provider): string {
  const models = commonModels(provider)
  return models.slice(models.indexOf('model FieldsealKey'))
}
