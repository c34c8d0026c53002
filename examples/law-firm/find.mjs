/**
 * Finds a client by social security number, in a folder that `npm run demo -- --keep` has left.
 *
 * Usage: node examples/law-firm/find.mjs FOLDER TENANT SSN
 */
import { join } from 'node:path'
import { openClient } from './client.mjs'

const [folder, tenant, ssn] = process.argv.slice(2)
if (ssn === undefined) {
  console.error('Usage: node examples/law-firm/find.mjs FOLDER TENANT SSN')
  process.exit(2)
}
const prisma = openClient({ database: join(folder, 'law-firm.db'), keyFile: join(folder, 'master.key') })
try {
  const client = await prisma.$fieldseal.withTenant(tenant, () =>
    prisma.client.findUnique({
      where: { ssn },
      include: { notes: { select: { body: true } } },
    }),
  )
  console.log(client === null ? `${tenant} has no client with that number.` : client)
  process.exitCode = client === null ? 1 : 0
} finally {
  await prisma.$disconnect()
}
