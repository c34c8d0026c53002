import { StalePolicyError } from '../errors/index.js'
import { digestOfSource } from '../policy/digest.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import { type AnyClient, embeddedSchemaOf, modelFieldsOf } from './internals.js'

/**
 * Makes sure that the policy was generated from the schema the client was generated from.
 * @throws StalePolicyError
 */
export function requireFreshPolicy(policy: EncryptionPolicy, root: AnyClient): void {
  const schema = embeddedSchemaOf(root)
  if (schema !== undefined) {
    if (digestOfSource([{ path: 'schema.prisma', text: schema }]) === policy.digest) return
    throw new StalePolicyError('the schema has changed since one of the two was generated')
  }
  // Without the embedded schema only names can be compared; a changed annotation would go unseen, so it is refused.
  const models = modelFieldsOf(root)
  if (models === undefined)
    throw new StalePolicyError('this version of Prisma does not show what it was generated from')
  for (const [name, fields] of models) {
    const known = policy.models[name]
    if (known === undefined)
      throw new StalePolicyError('the client has a model the policy does not know', { model: name })
    const missing = [...fields].find((field) => known.fields[field] === undefined)
    if (missing !== undefined) {
      throw new StalePolicyError('the client has a field the policy does not know', { model: name, field: missing })
    }
  }
}
