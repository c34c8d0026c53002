import type { Provider } from '../support/schema.js'
import { commonModels } from '../support/schema.js'

/** With tenants each model has one; without, everything is the application's own. */
export const TENANCIES = ['without tenants', 'with tenants'] as const
export type Tenancy = (typeof TENANCIES)[number]

/**
 * One model in the middle with every kind of relation, each named after its kind, and every kind of field. The lines
 * below are the encrypted schema; the plain one is made from them, without annotations and columns of indexes.
 *
 * - `belongsTo…`: this side has the foreign key; `hasOne…`, `hasMany…`: the other side has it.
 * - `…Required`: the foreign key is not optional.
 * - `manyToMany`: Prisma's own table between; `joins`: a model between. `self…`: to the same model.
 */
const MODELS = `
/// @tenant(firm)
model Hub {
  id                  Int     @id
  firm                String  @default("firm_a")
  plain               String?
  number              Int?
  plainUnique         String? @unique
  bare                String? /// @encrypted(maxBytes: 99)
  exact               String? /// @encrypted(maxBytes: 99)
  exactIndex          String? @unique /// @blindIndex(exact)
  folded              String? /// @encrypted(maxBytes: 99)
  foldedIndex         String? /// @blindIndex(folded, normalize: [lowercase])
  json                Json?   /// @encrypted
  bytes               Bytes?  /// @encrypted
  hasOne              Leaf?   @relation("hasOne")
  hasOneRequired      Sole?
  hasMany             Leaf[]  @relation("hasMany")
  hasManyRequired     Owned[]
  belongsToId         Int?
  belongsTo           Leaf?   @relation("belongsTo", fields: [belongsToId], references: [id])
  belongsToRequiredId Int
  belongsToRequired   Leaf    @relation("belongsToRequired", fields: [belongsToRequiredId], references: [id])
  belongsToOneId      Int?    @unique
  belongsToOne        Leaf?   @relation("belongsToOne", fields: [belongsToOneId], references: [id])
  manyToMany          Leaf[]  @relation("manyToMany")
  joins               Join[]
  selfParentId        Int?
  selfParent          Hub?    @relation("selfParent", fields: [selfParentId], references: [id])
  selfChildren        Hub[]   @relation("selfParent")
  selfTwinId          Int?    @unique
  selfTwin            Hub?    @relation("selfTwin", fields: [selfTwinId], references: [id])
  selfTwinOf          Hub?    @relation("selfTwin")
  selfMany            Hub[]   @relation("selfMany")
  selfManyOf          Hub[]   @relation("selfMany")
}

/// @tenant(firm)
model Leaf {
  id                  Int     @id
  firm                String  @default("firm_a")
  plain               String?
  exact               String? /// @encrypted(maxBytes: 99)
  exactIndex          String? @unique /// @blindIndex(exact)
  hasOneHubId         Int?    @unique
  hasOneHub           Hub?    @relation("hasOne", fields: [hasOneHubId], references: [id])
  hasManyHubId        Int?
  hasManyHub          Hub?    @relation("hasMany", fields: [hasManyHubId], references: [id])
  belongsToOf         Hub[]   @relation("belongsTo")
  belongsToRequiredOf Hub[]   @relation("belongsToRequired")
  belongsToOneOf      Hub?    @relation("belongsToOne")
  manyToManyOf        Hub[]   @relation("manyToMany")
  joinsOf             Join[]
}

/// @tenant(hub.firm)
model Sole {
  id         Int     @id
  plain      String?
  exact      String? /// @encrypted(maxBytes: 99)
  exactIndex String? @unique /// @blindIndex(exact)
  hubId      Int     @unique
  hub        Hub     @relation(fields: [hubId], references: [id], onDelete: Cascade)
}

/// @tenant(hub.firm)
model Owned {
  id         Int     @id
  plain      String?
  exact      String? /// @encrypted(maxBytes: 99)
  exactIndex String? @unique /// @blindIndex(exact)
  hubId      Int
  hub        Hub     @relation(fields: [hubId], references: [id], onDelete: Cascade)
}

/// @tenant(hub.firm)
model Join {
  plain      String?
  exact      String? /// @encrypted(maxBytes: 99)
  exactIndex String? @unique /// @blindIndex(exact)
  hubId      Int
  hub        Hub     @relation(fields: [hubId], references: [id], onDelete: Cascade)
  leafId     Int
  leaf       Leaf    @relation(fields: [leafId], references: [id])

  @@id([hubId, leafId])
}
`

export const MODEL_NAMES = ['Hub', 'Leaf', 'Sole', 'Owned', 'Join'] as const
export type ModelName = (typeof MODEL_NAMES)[number]

/** What each relation of `Hub` leads to. */
export const TARGETS: { readonly [relation: string]: ModelName } = Object.fromEntries(
  [...modelText('Hub').matchAll(/^ {2}(\w+) +(Hub|Leaf|Sole|Owned|Join)\b/gm)].map(([, name = '', model = '']) => [
    name,
    model as ModelName,
  ]),
)

/** Fields of `Hub` whose values are encrypted, and the columns of their indexes. */
export const ENCRYPTED = ['bare', 'exact', 'folded', 'json', 'bytes'] as const
export const INDEX_OF: ReadonlyMap<string, string> = new Map([
  ['exactIndex', 'exact'],
  ['foldedIndex', 'folded'],
])

export function sealedModels(provider: Provider, tenancy: Tenancy): string {
  const common = commonModels(provider)
  const models = tenancy === 'with tenants' ? MODELS : MODELS.replace(/^\/\/\/ @tenant.*\n/gm, '')
  return `${models}\n${common.slice(common.indexOf('model FieldsealKey'))}`
}

/** The same models without encryption: a unique index column makes its field unique. */
export function plainModels(): string {
  const uniques = [...MODELS.matchAll(/@unique \/\/\/ @blindIndex\((\w+)\)/g)].map(([, field = '']) => field)
  return MODELS.replace(/^ +\w+Index .*\n/gm, '')
    .replace(/^\/\/\/.*\n/gm, '')
    .replace(/^( {2}(\w+) .*?) *\/\/\/.*$/gm, (_, line: string, field: string) =>
      uniques.includes(field) ? `${line} @unique` : line,
    )
}

function modelText(name: ModelName): string {
  return MODELS.split(`model ${name} {`)[1]?.split('\n}')[0] ?? ''
}
