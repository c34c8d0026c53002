import type { NormaliserId } from '../../../src/policy/normaliser-names.js'
import type {
  BlindIndexPart,
  BlindIndexPolicy,
  EncryptedFieldPolicy,
  EncryptionPolicy,
  ScalarFieldPolicy,
  TenantRule,
} from '../../../src/policy/policy.js'

/** A field that is not encrypted. */
export function plain(name: string): ScalarFieldPolicy {
  return {
    kind: 'scalar',
    name,
    dbName: name,
    type: 'String',
    list: false,
    optional: true,
    unique: false,
    hasDefault: false,
  }
}

export type EncryptedField = ScalarFieldPolicy & { readonly encrypted: EncryptedFieldPolicy }

/** An encrypted String field called `name`, `change` laid over it. */
export function encrypted(model: string, name: string, change: Partial<EncryptedFieldPolicy> = {}): EncryptedField {
  const column = change.column ?? 'String'
  return {
    ...plain(name),
    type: column,
    encrypted: {
      fieldId: `${model}.${name}`,
      column,
      type: 'String',
      list: false,
      mode: 'strict',
      maxBytes: null,
      default: null,
      ...change,
    },
  }
}

export type IndexColumn = ScalarFieldPolicy & { readonly blindIndex: BlindIndexPolicy }

/** A blind-index column over `parts`. */
export function index(
  model: string,
  name: string,
  parts: readonly BlindIndexPart[],
  change: Partial<BlindIndexPolicy> = {},
): IndexColumn {
  return {
    ...plain(name),
    blindIndex: {
      indexId: `${model}.${name}`,
      scope: 'tenant',
      parts,
      exact: parts.every(({ normalisers }) => normalisers.length === 0),
      equivalence: false,
      primary: true,
      bits: 128,
      ...change,
    },
  }
}

/** One field of an index. */
export function part(field: string, ...normalisers: NormaliserId[]): BlindIndexPart {
  return { field, normalisers }
}

/** A model's shape around its fields. */
export function model<const F extends { readonly [field: string]: ScalarFieldPolicy }>(
  name: string,
  tenant: TenantRule,
  fields: F,
) {
  return { name, dbName: name, tenant, primaryKey: { name: 'id', fields: ['id'] }, uniques: [], fields }
}

/** A policy of given models. */
export function policyOf<const M extends EncryptionPolicy['models']>(models: M) {
  return { version: 1, digest: '0'.repeat(64), provider: 'sqlite', models } as const
}

const ofFirm: TenantRule = { kind: 'path', path: ['firmId'] }

/** Every type, carrier, index form and tenant rule once. */
export const policy = policyOf({
  Client: model('Client', ofFirm, {
    id: plain('id'),
    firmId: plain('firmId'),
    name: encrypted('Client', 'name'),
    ssn: encrypted('Client', 'ssn'),
    ssnIndex: index('Client', 'ssnIndex', [part('ssn', 'digits@1')]),
    nameIndex: index('Client', 'nameIndex', [part('name')]),
    nameBirthIndex: index('Client', 'nameBirthIndex', [part('name', 'lowercase@1'), part('birth')]),
    birth: encrypted('Client', 'birth', { type: 'DateTime' }),
    age: encrypted('Client', 'age', { type: 'Int' }),
    visits: encrypted('Client', 'visits', { type: 'BigInt' }),
    height: encrypted('Client', 'height', { type: 'Float' }),
    balance: encrypted('Client', 'balance', { type: 'Decimal' }),
    active: encrypted('Client', 'active', { type: 'Boolean' }),
    intake: encrypted('Client', 'intake', { type: 'Json', column: 'Json' }),
    otherIntake: encrypted('Client', 'otherIntake', { type: 'Json', column: 'Json' }),
    scan: encrypted('Client', 'scan', { type: 'Bytes', column: 'Bytes' }),
    otherScan: encrypted('Client', 'otherScan', { type: 'Bytes', column: 'Bytes' }),
    aliases: encrypted('Client', 'aliases', { list: true }),
    initials: encrypted('Client', 'initials', { maxBytes: 4 }),
  }),
  User: model('User', ofFirm, {
    id: plain('id'),
    email: encrypted('User', 'email'),
    emailIndex: index('User', 'emailIndex', [part('email', 'email@1')], { scope: 'global' }),
  }),
  Draft: model('Draft', { kind: 'context' }, { id: plain('id'), text: encrypted('Draft', 'text') }),
  Setting: model('Setting', { kind: 'none' }, { id: plain('id'), secret: encrypted('Setting', 'secret') }),
})
