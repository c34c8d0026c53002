import type { EncryptionPolicy, ModelPolicy, ScalarFieldPolicy } from '../policy/index.js'
import { KEY_MODEL, TENANT_MODEL } from '../prisma/key-models.js'

interface ModelNeeds {
  /** Type of each field, as Prisma writes it. */
  readonly fields: { readonly [field: string]: string }
  readonly primaryKey: readonly string[]
  /** Groups that must be unique: without them two processes could make two active keys. */
  readonly uniques: readonly (readonly string[])[]
}

const NEEDS: { readonly [model: string]: ModelNeeds } = {
  [KEY_MODEL]: {
    fields: {
      keyId: 'String',
      tenantRef: 'String',
      tenant: 'String',
      purpose: 'String',
      version: 'Int',
      state: 'String',
      activeRef: 'String?',
      kekUri: 'String',
      wrapped: 'Bytes?',
      prevWrapped: 'Bytes?',
      kcv: 'Bytes',
      contextVersion: 'Int',
      rev: 'Int',
      stateSince: 'DateTime',
      createdAt: 'DateTime',
    },
    primaryKey: ['keyId'],
    uniques: [['activeRef'], ['tenantRef', 'purpose', 'version']],
  },
  [TENANT_MODEL]: {
    fields: { tenantRef: 'String', tenant: 'String', state: 'String', since: 'DateTime', rev: 'Int' },
    primaryKey: ['tenantRef'],
    uniques: [],
  },
}

/** A model, and what is wrong with it. */
export interface LibraryModelProblem {
  readonly model: string
  readonly message: string
}

/**
 * What a schema lacks of the models that hold wrapped keys; nothing if the policy encrypts nothing. Further fields with
 * a default, or optional ones, are the user's own business.
 */
export function libraryModelProblems(policy: EncryptionPolicy): readonly LibraryModelProblem[] {
  if (!encryptsAnything(policy)) return []
  return Object.entries(NEEDS).flatMap(([name, needs]) => {
    const model = policy.models[name]
    const reasons = model === undefined ? ['the schema has no such model'] : shortcomings(model, needs)
    if (reasons.length === 0) return []
    const remedy =
      `Copy it from what "npx fieldseal models --provider ${policy.provider}" prints, or write keys = "external" into the ` +
      'generator block if your own key store is passed to fieldseal().'
    return [{ model: name, message: `${name}, where wrapped keys are kept: ${reasons.join('; ')}. ${remedy}` }]
  })
}

function encryptsAnything(policy: EncryptionPolicy): boolean {
  return Object.values(policy.models).some((model) =>
    Object.values(model.fields).some((field) => field.kind === 'scalar' && field.encrypted !== undefined),
  )
}

function shortcomings(model: ModelPolicy, needs: ModelNeeds): string[] {
  const reasons: string[] = []
  for (const [name, type] of Object.entries(needs.fields)) {
    const field = model.fields[name]
    if (field?.kind !== 'scalar') reasons.push(`it has no field ${name} ${type}`)
    else if (printType(field) !== type) reasons.push(`${name} is ${printType(field)} and must be ${type}`)
    else if (field.encrypted !== undefined || field.blindIndex !== undefined) {
      reasons.push(`${name} must not be annotated: keys are wrapped already`)
    }
  }
  for (const name of Object.keys(model.fields)) {
    const field = model.fields[name]
    if (field?.kind !== 'scalar' || Object.hasOwn(needs.fields, name)) continue
    if (!field.optional && !field.list && !field.hasDefault) reasons.push(`${name} would stay empty: make it optional`)
  }
  if (!sameFields(model.primaryKey.fields, needs.primaryKey)) reasons.push(`its @id must be ${needs.primaryKey.join()}`)
  for (const group of needs.uniques) {
    if (isUnique(model, group)) continue
    reasons.push(group.length === 1 ? `${group.join()} needs @unique` : `@@unique([${group.join(', ')}]) is missing`)
  }
  if (model.tenant.kind !== 'none') reasons.push('@tenant must not stand on it: it serves all tenants')
  return reasons
}

function isUnique(model: ModelPolicy, group: readonly string[]): boolean {
  const [first] = group
  const field = group.length === 1 && first !== undefined ? model.fields[first] : undefined
  if (field?.kind === 'scalar' && field.unique) return true
  return model.uniques.some(({ fields }) => sameFields(fields, group))
}

function sameFields(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((field) => b.includes(field))
}

function printType({ type, list, optional }: ScalarFieldPolicy): string {
  return `${type}${list ? '[]' : optional ? '?' : ''}`
}
