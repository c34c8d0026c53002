import type { EncryptionPolicy } from '../policy/index.js'
import { constraintStatements, sealedColumns } from '../sql/index.js'

/** Name of the file in the generator's output folder. */
export const CONSTRAINTS_FILE = 'constraints.sql'

const HEADER = `-- Written by fieldseal-generator; prisma generate overwrites it, and nothing runs it.
-- With these statements the database itself refuses plaintext in encrypted columns, whoever writes: a client without
-- the extension, a seed script, raw SQL. To apply them, add them to a migration (prisma migrate dev --create-only).
-- Later, add only those that are new: one that is applied twice fails.
`

/** The constraints of a policy as a SQL script, one statement a line. */
export function renderConstraints(policy: EncryptionPolicy): string {
  if (sealedColumns(policy).length === 0) return `${HEADER}-- Nothing is encrypted, so there are none.\n`
  return `${HEADER}${constraintStatements(policy)
    .map((statement) => `${statement};\n`)
    .join('')}`
}
