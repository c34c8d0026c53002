/** The five fields of a person; what is measured reads and writes all of them. */
export const FIELDS = ['name', 'ssn', 'email', 'phone', 'notes']
/** Fields of the wide models. */
export const WIDE_FIELDS = Array.from({ length: 20 }, (_, at) => `f${String(at + 1).padStart(2, '0')}`)
/** The tenant that all rows of the runs belong to. */
export const TENANT = 'firm_1'

const wide = (note) => WIDE_FIELDS.map((name) => `  ${name} String ${note}`).join('\n')

/**
 * The same rows three times, for the three sides, in Prisma's language: as they are, as fieldseal keeps them, and as
 * prisma-field-encryption does. Both encrypting sides have a unique and a plain index to search by; so has the plain one.
 */
function models(sealed, hashed) {
  return `
model Plain {
  id     Int    @id @default(autoincrement())
  firmId String
  name   String
  ssn    String @unique
  email  String
  phone  String
  notes  String
  @@index([email])
}

/// ${sealed.tenant}
model Person {
  id         Int     @id @default(autoincrement())
  firmId     String
  name       String  /// ${sealed.field}
  ssn        String  /// ${sealed.field}
  ssnIndex   String? @unique /// ${sealed.index('ssn')}
  email      String  /// ${sealed.field}
  emailIndex String? /// ${sealed.index('email')}
  phone      String  /// ${sealed.field}
  notes      String  /// ${sealed.field}
  @@index([emailIndex])
}

model Peer {
  id        Int     @id @default(autoincrement())
  firmId    String
  name      String  /// ${hashed.field}
  ssn       String  /// ${hashed.field}
  ssnHash   String? @unique /// ${hashed.hash('ssn')}
  email     String  /// ${hashed.field}
  emailHash String? /// ${hashed.hash('email')}
  phone     String  /// ${hashed.field}
  notes     String  /// ${hashed.field}
  @@index([emailHash])
}

model WidePlain {
  id     Int    @id @default(autoincrement())
  firmId String
${wide('')}
}

/// ${sealed.tenant}
model Wide {
  id     Int    @id @default(autoincrement())
  firmId String
${wide(`/// ${sealed.field || hashed.field}`)}
}
`
}

const NOTHING = { tenant: '', field: '', index: () => '', hash: () => '' }

/** With fieldseal's annotations alone: what the client and the policy are made from. */
export const SEALED_MODELS = models(
  { tenant: '@tenant(firmId)', field: '@encrypted', index: (field) => `@blindIndex(${field})` },
  NOTHING,
)

/** With prisma-field-encryption's alone: what its DMMF is made from. */
export const HASHED_MODELS = models(NOTHING, { field: '@encrypted', hash: (field) => `@encryption:hash(${field})` })
