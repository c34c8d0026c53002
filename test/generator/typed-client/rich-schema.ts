import type { Provider } from '../../support/schema.js'
import { keyModels } from '../project.js'

/**
 * Models with everything that the types of a client can depend on: every logical type, every kind of index, unique
 * and not, alone and in groups, names that are beginnings of others, and names that Prisma itself uses.
 */
export function richModels(provider: Provider): string {
  const models = `${MODELS.replace('LISTS', provider === 'postgresql' ? '  marks String[]\n' : '')}${keyModels(provider)}`
  // A default String of MySQL has a length, and the cells of text would need a limit.
  return provider === 'mysql'
    ? models.replace(
        /^( {2}\w+ +String\??)( .*@encrypted(?:\(type: (?:Decimal|Json|Bytes|\[\w+\])\))?)$/gm,
        '$1 @db.LongText$2',
      )
    : models
}

/** The module that the schema takes a type from, beside the schema. */
export const NAMED_TYPES = `export interface Intake { readonly source: string; readonly score?: number }
`

/** Columns of blind indexes in these models that are not exposed. */
export const INDEX_COLUMNS: readonly string[] = [
  'ssnIndex',
  'emailIndex',
  'phoneIndex',
  'codeIndex',
  'badgeIndex',
  'aliasIndex',
  'loginIndex',
  'loginExact',
  'fullIndex',
  'deviceIndex',
  'dueIndex',
  'thumbIndex',
]

const MODELS = `enum Role {
  ADMIN
  USER
}

/// The tenant.
model Firm {
  id      String   @id
  name    String
  clients Client[]
  papers  ClientPaper[]
}

/// A client of one firm.
/// @tenant(firmId)
model Client {
  id String @id @default(uuid())
  firmId String
  firm Firm @relation(fields: [firmId], references: [id])
  /// The full name.
  name String /// @encrypted
  ssn String /// @encrypted
  ssnIndex String? @unique /// @blindIndex(ssn, normalize: [digits])
  email String? /// @encrypted
  emailIndex String? /// @blindIndex(email)
  phone String? /// @encrypted
  phoneIndex String? /// @blindIndex(phone)
  code String? /// @encrypted
  codeIndex String? /// @blindIndex(code)
  badge String? /// @encrypted
  badgeIndex String? /// @blindIndex(badge, normalize: [trim, lowercase], equivalence: true)
  alias String? /// @encrypted
  aliasIndex String? /// @blindIndex(alias, normalize: [lowercase])
  login String? /// @encrypted
  loginIndex String? /// @blindIndex(login, normalize: [email])
  loginExact String? @unique /// @blindIndex(login, primary: true)
  first String? /// @encrypted
  last String? /// @encrypted
  fullIndex String? /// @blindIndex([first, last])
  maker String? /// @encrypted
  serial String? /// @encrypted
  deviceIndex String? @unique /// @blindIndex([maker, serial])
  dob String? /// @encrypted(type: DateTime)
  due String? /// @encrypted(type: DateTime)
  dueIndex String? @unique /// @blindIndex(due)
  salary String? /// @encrypted(type: Decimal)
  level String /// @encrypted(type: Int)
  total String? /// @encrypted(type: BigInt)
  ratio String? /// @encrypted(type: Float)
  active String? /// @encrypted(type: Boolean)
  extra String? /// @encrypted(type: Json)
  levels String? /// @encrypted(type: [Int])
  days String? /// @encrypted(type: [DateTime])
  nick String @default("none") /// @encrypted
  intake Json? /// @encrypted(ts: "import('./named.js').Intake")
  about Json /// @encrypted
  scan Bytes? /// @encrypted
  photo String? /// @encrypted(type: Bytes)
  thumb Bytes? /// @encrypted
  thumbIndex String? /// @blindIndex(thumb)
  city String? @map("town")
  role Role @default(USER)
LISTS  createdAt DateTime @default(now())
  referrerId String?
  referrer Client? @relation("Referral", fields: [referrerId], references: [id])
  referred Client[] @relation("Referral")
  notes ClientNote[]
  papers ClientPaper[]

  @@unique([firmId, phoneIndex])
  @@unique([firmId, codeIndex], name: "byCode")
  @@unique([firmId, fullIndex], name: "byName")
  @@index([emailIndex])
  @@map("clients")
}

/// @tenant(client.firmId)
model ClientNote {
  id Int @id @default(autoincrement())
  clientId String
  client Client @relation(fields: [clientId], references: [id], onDelete: Cascade)
  body String /// @encrypted
}

/// Nothing in it is encrypted, but it belongs to a tenant.
/// @tenant(firmId)
model ClientPaper {
  id Int @id @default(autoincrement())
  firmId String
  firm Firm @relation(fields: [firmId], references: [id])
  clientId String?
  client Client? @relation(fields: [clientId], references: [id])
  title String
}

/// Fields that are named as arguments are.
model Data {
  id Int @id @default(autoincrement())
  data String /// @encrypted
  where String? /// @encrypted(type: DateTime)
  set String? /// @encrypted
  setIndex String? @unique /// @blindIndex(set, expose: true)
  select String? /// @encrypted
  name String? /// @encrypted
  update String?
}

`
