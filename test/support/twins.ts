import type { ModelDelegate } from './client-types.js'
import type { DatabaseName } from './databases/database.js'
import { providerOf } from './kinds.js'
import { type PreparedClient, prepareClient } from './prepare-client.js'
import { commonModels, type Provider } from './schema.js'
import { prepareSealed, type SealedBench } from './sealed-client.js'

/** Two databases with the same data: in one sealed, in the other plain. What one client answers, the other must too. */
export interface Twins {
  readonly sealed: SealedBench
  readonly plain: PreparedClient
  /** The client that encrypts. Its calls belong into `asFirm`. */
  readonly sealedClient: TwinClient
  readonly plainClient: TwinClient
  asFirm<T>(work: () => PromiseLike<T>): Promise<T>
  /** Rows of another firm in the sealed database: no answer may show that they are there. */
  seedOtherFirm(): Promise<void>
  /** Empties what the firm has, in both. */
  clear(): Promise<void>
  dispose(): Promise<void>
}

export interface TwinClient {
  readonly person: ModelDelegate
  readonly pet: ModelDelegate
}

/** The firm whose data both databases hold. */
export const FIRM = 'firm_a'

const SEALED_MODELS = `
/// @tenant(firm)
model Person {
  id            Int     @id
  firm          String
  name          String /// @encrypted(maxBytes: 99)
  nameIndex     String? /// @blindIndex(name)
  alias         String? /// @encrypted(maxBytes: 99)
  aliasIndex    String? /// @blindIndex(alias)
  code          String? /// @encrypted(maxBytes: 99)
  codeIndex     String? @unique /// @blindIndex(code)
  phone         String? /// @encrypted(maxBytes: 99)
  phoneIndex    String? /// @blindIndex(phone)
  given         String? /// @encrypted(maxBytes: 99)
  family        String? /// @encrypted(maxBytes: 99)
  fullNameIndex String? @unique /// @blindIndex([given, family])
  remark        String? /// @encrypted(maxBytes: 99)
  city          String?
  pets          Pet[]

  @@unique([firm, phoneIndex])
}

/// @tenant(person.firm)
model Pet {
  id         Int     @id
  personId   Int
  person     Person  @relation(fields: [personId], references: [id], onDelete: Cascade)
  label      String? /// @encrypted(maxBytes: 99)
  labelIndex String? /// @blindIndex(label)
  chip       String @default("no chip yet") /// @encrypted(maxBytes: 99)
}
`

const PLAIN_MODELS = `
model Person {
  id     Int     @id
  firm   String
  name   String
  alias  String?
  code   String? @unique
  phone  String?
  given  String?
  family String?
  remark String?
  city   String?
  pets   Pet[]

  @@unique([firm, phone])
  @@unique([given, family])
}

model Pet {
  id       Int     @id
  personId Int
  person   Person  @relation(fields: [personId], references: [id], onDelete: Cascade)
  label    String?
  chip     String  @default("no chip yet")
}
`

export async function prepareTwins(database: DatabaseName): Promise<Twins> {
  const provider = providerOf(database)
  const sealed = await prepareSealed({ database, models: `${SEALED_MODELS}\n${keyModels(provider)}` })
  const plain = await prepareClient({ database, models: PLAIN_MODELS })
  if (database === 'sqlite') {
    // Thousands of small transactions: each waits for the disk twice in the usual journal mode.
    for (const { sql } of [sealed, plain]) await sql('PRAGMA journal_mode = WAL')
  }
  const sealedClient = twinClient(sealed.sealed)
  const plainClient = twinClient(plain.client())
  const asFirm: Twins['asFirm'] = (work) => sealed.sealed.$fieldseal.withTenant(FIRM, work)
  return {
    sealed,
    plain,
    sealedClient,
    plainClient,
    asFirm,
    seedOtherFirm: () =>
      sealed.sealed.$fieldseal.withTenant('firm_b', async () => {
        for (const id of [9001, 9002]) {
          await sealedClient.person.create({
            data: { id, name: 'Ada Lovelace', alias: 'countess', city: 'London', pets: { create: { id } } },
          })
        }
      }),
    async clear() {
      await asFirm(() => sealedClient.person.deleteMany())
      await plainClient.person.deleteMany()
    },
    async dispose() {
      await Promise.all([sealed.dispose(), plain.dispose()])
    },
  }
}

function keyModels(provider: Provider): string {
  const models = commonModels(provider)
  return models.slice(models.indexOf('model FieldsealKey'))
}

function twinClient(client: object): TwinClient {
  return { person: delegate(client, 'person'), pet: delegate(client, 'pet') }
}

function delegate(client: object, model: string): ModelDelegate {
  return Reflect.get(client, model) as ModelDelegate
}

/** A result without what only one of the two has: the columns of blind indexes. */
export function withoutIndexes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIndexes)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  const fields = Object.entries(value).filter(([name]) => !name.endsWith('Index'))
  return Object.fromEntries(fields.map(([name, inner]) => [name, withoutIndexes(inner)]))
}
