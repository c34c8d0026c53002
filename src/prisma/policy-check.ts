import { StalePolicyError } from '../errors/index.js'
import { digestOfSource } from '../policy/digest.js'
import type { EncryptionPolicy, ModelPolicy } from '../policy/policy.js'
import { type AnyClient, embeddedSchemaOf, modelFieldsOf, providerOf } from './internals.js'

/**
 * Makes sure that the policy was generated from the schema the client was generated from.
 * @throws StalePolicyError
 */
export function requireFreshPolicy(policy: EncryptionPolicy, root: AnyClient): void {
  const provider = providerOf(root)
  if (provider !== undefined && provider !== policy.provider) {
    throw new StalePolicyError(`it is for ${policy.provider}, and the client for ${provider}`)
  }
  const schema = embeddedSchemaOf(root)
  if (schema === undefined) requireSameModels(policy, root)
  else if (digestOfSource([{ path: 'schema.prisma', text: schema }]) !== policy.digest) {
    throw new StalePolicyError('the schema has changed since one of the two was generated')
  }
}

/** Without the embedded schema only names and types can be compared: an annotation that changed goes unseen. */
function requireSameModels(policy: EncryptionPolicy, root: AnyClient): void {
  const models = modelFieldsOf(root)
  if (models === undefined)
    throw new StalePolicyError('this version of Prisma does not show what it was generated from')
  const gone = Object.keys(policy.models).find((name) => !models.has(name))
  if (gone !== undefined) throw new StalePolicyError('the policy has a model the client does not know', { model: gone })
  for (const [model, types] of models) {
    const known = policy.models[model]
    if (known === undefined) throw new StalePolicyError('the client has a model the policy does not know', { model })
    for (const field of new Set([...types.keys(), ...Object.keys(known.fields)])) {
      if (typeIn(known, field) === types.get(field)) continue
      throw new StalePolicyError('a field is not the same in both', { model, field })
    }
  }
}

/** A scalar's type, or the model that a relation leads to. */
function typeIn({ fields }: ModelPolicy, field: string): string | undefined {
  const policy = fields[field]
  return policy?.kind === 'relation' ? policy.model : policy?.type
}
