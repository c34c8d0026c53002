import type { DatabaseName } from './databases/database.js'
import { commonModels, type Provider } from './schema.js'
import { prepareSealed, type SealedBench } from './sealed-client.js'

/**
 * The common test models, and beside them: every logical type, list, limit and constant default (`Kinds`), a model of
 * which only the context knows the tenant (`Memo`), and one with a name in lower case (`ledger`).
 */
export function kindsModels(provider: Provider): string {
  const long = provider === 'mysql' ? ' @db.LongText' : ''
  const settings = JSON.stringify(JSON.stringify(kindsDefaults(provider).settings))
  return `${commonModels(provider)}
model Kinds {
  id            Int     @id @default(autoincrement())
  text          String?${long} /// @encrypted
  textIndex     String? /// @blindIndex(text)
  json          Json?   /// @encrypted
  bytes         Bytes?  /// @encrypted
  bytesIndex    String? /// @blindIndex(bytes)
  int           String? /// @encrypted(type: Int)
  intIndex      String? /// @blindIndex(int)
  bigInt        String? /// @encrypted(type: BigInt)
  bigIntIndex   String? /// @blindIndex(bigInt)
  float         String? /// @encrypted(type: Float)
  floatIndex    String? /// @blindIndex(float)
  decimal       String?${long} /// @encrypted(type: Decimal)
  decimalIndex  String? /// @blindIndex(decimal)
  boolean       String? /// @encrypted(type: Boolean)
  dateTime      String? /// @encrypted(type: DateTime)
  dateTimeIndex String? /// @blindIndex(dateTime)
  texts         String?${long} /// @encrypted(type: [String])
  decimals      String?${long} /// @encrypted(type: [Decimal])
  short         String? /// @encrypted(maxBytes: 10)
  handle        String?${long} /// @encrypted
  handleIndex   String? @unique /// @blindIndex(handle, normalize: [lowercase], equivalence: true)
  given         String?${long} /// @encrypted
  family        String?${long} /// @encrypted
  fullNameIndex String? @unique /// @blindIndex([given, family])
  greeting      String  @default("hello there") /// @encrypted(maxBytes: 99)
  settings      Json    @default(${settings}) /// @encrypted
  logo          Bytes   @default("cGljdHVyZSBvZiBhIGZpc2g=") /// @encrypted
  batch         String?
}

/// @tenant(context)
model Memo {
  id          Int     @id @default(autoincrement())
  secret      String /// @encrypted(maxBytes: 99)
  secretIndex String? @unique /// @blindIndex(secret)
  label       String?
}

model ledger {
  id        Int     @id @default(autoincrement())
  code      String? /// @encrypted(maxBytes: 99)
  codeIndex String? @unique /// @blindIndex(code)
}
`
}

/** What the constant defaults of `Kinds` are. Prisma's own DDL for SQLite breaks on a Json default with quotes. */
export function kindsDefaults(provider: Provider): { greeting: string; settings: unknown; logo: Uint8Array } {
  return {
    greeting: 'hello there',
    settings: provider === 'sqlite' ? 20_260_131 : { theme: 'dark mode' },
    logo: new TextEncoder().encode('picture of a fish'),
  }
}

const PROVIDERS: { readonly [D in DatabaseName]: Provider } = {
  sqlite: 'sqlite',
  pglite: 'postgresql',
  postgresql: 'postgresql',
  mariadb: 'mysql',
}

export function providerOf(database: DatabaseName): Provider {
  return PROVIDERS[database]
}

export function prepareKinds(database: DatabaseName): Promise<SealedBench> {
  return prepareSealed({ database, models: kindsModels(PROVIDERS[database]) })
}
