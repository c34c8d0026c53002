/**
 * The models of the differential test, as data: the encrypted schema, its plain twin and the generators of data and
 * operations are all made from it, so that a new field is one line here.
 */

/** How an index folds what it compares; `undefined` for an exact one. */
export type Normaliser = 'digits' | 'email' | 'lowercase'

export interface Index {
  readonly column: string
  readonly map?: string
  readonly normalise?: Normaliser
  readonly equivalence?: true
  readonly scope?: 'global'
  readonly unique?: true
}

/** Types a value can have; those of encrypted fields are their logical types. */
export type ValueType =
  | 'String'
  | 'Int'
  | 'BigInt'
  | 'Float'
  | 'Decimal'
  | 'Boolean'
  | 'DateTime'
  | 'Json'
  | 'Bytes'
  | 'Stage'
  | '[String]'

export interface Field {
  readonly type: ValueType
  readonly optional?: true
  readonly id?: true
  readonly unique?: true
  readonly default?: string
  readonly map?: string
  readonly encrypted?: true
  /** The one that answers filters. */
  readonly index?: Index
  /** Another one, for `mode: 'insensitive'`. */
  readonly folded?: Index
  /** A list column, which only PostgreSQL has. */
  readonly list?: true
}

export interface Relation {
  readonly model: string
  readonly many?: true
  readonly optional?: true
  /** The relation's other end, a field of the other model; absent for an implicit many-to-many. */
  readonly inverse: string
  /** Columns of this model that refer to the other one. */
  readonly fields?: readonly string[]
  readonly references?: readonly string[]
  readonly onDelete?: 'Cascade' | 'SetNull' | 'Restrict'
  readonly name?: string
}

export interface Compound {
  readonly column: string
  readonly fields: readonly string[]
}

export interface Model {
  readonly name: string
  readonly map?: string
  /** As in `@tenant(…)`; absent for a model of the application's own. */
  readonly tenant?: readonly string[] | 'context'
  /** Its rows are there from the start: none is made, changed or deleted. */
  readonly fixed?: true
  readonly fields: { readonly [name: string]: Field }
  readonly relations: { readonly [name: string]: Relation }
  /** `@@id`. */
  readonly key?: readonly string[]
  /** `@@unique`, by the name Prisma gives it in a WhereUnique. */
  readonly uniques?: { readonly [name: string]: readonly string[] }
  readonly compound?: Compound
}

const id: Field = { type: 'Int', id: true }
const number: Field = { type: 'Int' }
const text: Field = { type: 'String' }
const textOrNull: Field = { type: 'String', optional: true }

/** An encrypted field with the index that `index` describes. */
function secret(type: ValueType, index?: Index): Field {
  return { type, encrypted: true, ...(index && { index }) }
}

function optional(field: Field): Field {
  return { ...field, optional: true }
}

/** A text with an exact index, and another one for `mode: 'insensitive'`. */
function folded(column: string, other: string): Field {
  return { ...secret('String', { column }), folded: { column: other, normalise: 'lowercase' } }
}

const LIST: readonly Model[] = [
  {
    name: 'Firm',
    fixed: true,
    fields: { id: { type: 'String', id: true }, name: text },
    relations: {
      clients: { model: 'Client', many: true, inverse: 'firm' },
      users: { model: 'User', many: true, inverse: 'firm' },
    },
  },
  {
    name: 'Client',
    tenant: ['firmId'],
    fields: {
      id,
      firmId: text,
      name: secret('String', { column: 'nameIndex' }),
      ssn: optional(secret('String', { column: 'ssnIndex', normalise: 'digits', unique: true })),
      email: optional(secret('String', { column: 'emailIndex', normalise: 'email', equivalence: true })),
      code: optional(secret('String', { column: 'codeIndex', unique: true })),
      alias: optional(secret('String')),
      stage: { type: 'Stage', default: 'LEAD' },
      city: textOrNull,
      labels: { type: 'String', list: true },
      referredById: { type: 'Int', optional: true },
    },
    relations: {
      firm: { model: 'Firm', inverse: 'clients', fields: ['firmId'], references: ['id'] },
      notes: { model: 'Note', many: true, inverse: 'client' },
      tags: { model: 'Tag', many: true, inverse: 'clients' },
      parties: { model: 'Party', many: true, inverse: 'client' },
      referredBy: {
        model: 'Client',
        optional: true,
        inverse: 'referrals',
        fields: ['referredById'],
        references: ['id'],
        onDelete: 'SetNull',
        name: 'Referral',
      },
      referrals: { model: 'Client', many: true, inverse: 'referredBy', name: 'Referral' },
    },
  },
  {
    name: 'Note',
    tenant: ['client', 'firmId'],
    fields: {
      id,
      body: folded('bodyIndex', 'bodyFolded'),
      remark: optional(secret('String')),
      topic: textOrNull,
      clientId: number,
      authorId: { type: 'Int', optional: true },
    },
    relations: {
      client: {
        model: 'Client',
        inverse: 'notes',
        fields: ['clientId'],
        references: ['id'],
        onDelete: 'Cascade',
      },
      author: {
        model: 'User',
        optional: true,
        inverse: 'notes',
        fields: ['authorId'],
        references: ['id'],
        onDelete: 'SetNull',
      },
    },
  },
  {
    name: 'User',
    tenant: ['firmId'],
    fields: {
      id,
      firmId: text,
      login: secret('String', { column: 'loginIndex', normalise: 'email', scope: 'global', unique: true }),
      nickname: optional(secret('String', { column: 'nicknameIndex' })),
      active: { type: 'Boolean', default: 'true' },
    },
    relations: {
      firm: { model: 'Firm', inverse: 'users', fields: ['firmId'], references: ['id'] },
      profile: { model: 'Profile', optional: true, inverse: 'user' },
      notes: { model: 'Note', many: true, inverse: 'author' },
    },
  },
  {
    name: 'Profile',
    tenant: ['user', 'firmId'],
    fields: {
      id,
      userId: { type: 'Int', unique: true },
      handle: optional(secret('String', { column: 'handleIndex', unique: true })),
      bio: optional(secret('String')),
      rank: { type: 'Int', optional: true },
    },
    relations: { user: { model: 'User', inverse: 'profile', fields: ['userId'], references: ['id'] } },
  },
  {
    name: 'Tag',
    fields: {
      id,
      label: { type: 'String', unique: true },
      hint: optional(secret('String', { column: 'hintIndex', normalise: 'lowercase', equivalence: true })),
    },
    relations: { clients: { model: 'Client', many: true, inverse: 'tags' } },
  },
  {
    name: 'Matter',
    map: 'legal_matters',
    tenant: ['firmId'],
    key: ['firmId', 'number'],
    fields: {
      firmId: { type: 'String', map: 'firm_id' },
      number: { type: 'Int', map: 'matter_number' },
      title: { ...secret('String', { column: 'titleIndex', map: 'title_tag' }), map: 'title_cell' },
      secretary: { ...optional(secret('String', { column: 'secretaryIndex', unique: true })), map: 'sec' },
      court: textOrNull,
    },
    relations: { parties: { model: 'Party', many: true, inverse: 'matter' } },
  },
  {
    name: 'Party',
    map: 'matter_parties',
    tenant: ['firmId'],
    key: ['clientId', 'firmId', 'number'],
    fields: {
      clientId: { type: 'Int', map: 'client_id' },
      firmId: { type: 'String', map: 'firm_id' },
      number: { type: 'Int', map: 'matter_number' },
      role: { ...secret('String', { column: 'roleIndex' }), map: 'role_cell' },
      since: { type: 'Int', optional: true },
    },
    relations: {
      client: { model: 'Client', inverse: 'parties', fields: ['clientId'], references: ['id'], onDelete: 'Cascade' },
      matter: {
        model: 'Matter',
        inverse: 'parties',
        fields: ['firmId', 'number'],
        references: ['firmId', 'number'],
        onDelete: 'Cascade',
      },
    },
  },
  {
    name: 'Account',
    tenant: ['firmId'],
    fields: {
      id,
      firmId: text,
      phone: optional(secret('String', { column: 'phoneIndex' })),
      holder: optional(
        secret('String', { column: 'holderIndex', normalise: 'lowercase', equivalence: true, unique: true }),
      ),
      given: optional(secret('String')),
      family: optional(secret('String')),
      balance: optional(secret('Decimal', { column: 'balanceIndex' })),
      branch: textOrNull,
    },
    relations: {},
    uniques: { firmId_phone: ['firmId', 'phone'] },
    compound: { column: 'fullNameIndex', fields: ['given', 'family'] },
  },
  {
    name: 'Vault',
    fields: {
      id,
      shelf: number,
      slot: number,
      age: optional(secret('Int', { column: 'ageIndex' })),
      mass: optional(secret('BigInt', { column: 'massIndex' })),
      ratio: optional(secret('Float', { column: 'ratioIndex' })),
      price: optional(secret('Decimal', { column: 'priceIndex' })),
      open: optional(secret('Boolean')),
      born: optional(secret('DateTime', { column: 'bornIndex' })),
      extra: optional(secret('Json')),
      scan: optional(secret('Bytes', { column: 'scanIndex' })),
      words: optional(secret('[String]')),
    },
    relations: {
      entries: { model: 'Entry', many: true, inverse: 'vault' },
      folders: { model: 'Folder', many: true, inverse: 'vaults' },
    },
    uniques: { place: ['shelf', 'slot'] },
  },
  {
    name: 'Entry',
    map: 'vault_entries',
    fields: {
      id,
      shelf: { type: 'Int', map: 'at_shelf' },
      slot: { type: 'Int', map: 'at_slot' },
      line: folded('lineIndex', 'lineFolded'),
      amount: { type: 'Int', optional: true },
    },
    relations: {
      vault: {
        model: 'Vault',
        inverse: 'entries',
        fields: ['shelf', 'slot'],
        references: ['shelf', 'slot'],
        onDelete: 'Cascade',
      },
    },
  },
  {
    name: 'Folder',
    fields: {
      id,
      caption: folded('captionIndex', 'captionFolded'),
      owner: optional(secret('String', { column: 'ownerIndex', unique: true })),
      parentId: { type: 'Int', optional: true },
    },
    relations: {
      parent: {
        model: 'Folder',
        optional: true,
        inverse: 'children',
        fields: ['parentId'],
        references: ['id'],
        onDelete: 'SetNull',
        name: 'Tree',
      },
      children: { model: 'Folder', many: true, inverse: 'parent', name: 'Tree' },
      vaults: { model: 'Vault', many: true, inverse: 'folders' },
    },
  },
  {
    name: 'Memo',
    tenant: 'context',
    fields: {
      id,
      secret: secret('String', { column: 'secretIndex', unique: true }),
      label: textOrNull,
    },
    relations: {},
  },
]

export const MODELS: ReadonlyMap<string, Model> = new Map(LIST.map((model) => [model.name, model]))

export const STAGES = ['LEAD', 'ACTIVE', 'CLOSED'] as const

/** @throws Error if there is no such model. */
export function modelNamed(name: string): Model {
  const model = MODELS.get(name)
  if (model === undefined) throw new Error(`No model ${name}`)
  return model
}

/** @throws Error if the model has no such relation. */
export function relationOf(model: Model, name: string): Relation {
  const relation = model.relations[name]
  if (relation === undefined) throw new Error(`${model.name} has no relation ${name}`)
  return relation
}

/** Fields of `@id` or `@@id`. */
export function keyOf(model: Model): readonly string[] {
  return model.key ?? ['id']
}

/** As a client's delegate is called. */
export function delegateName({ name }: Model): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`
}

/** Whether rows belong to the application itself. */
export function isShared(model: Model): boolean {
  return model.tenant === undefined
}
