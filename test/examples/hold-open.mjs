// Writes every client of a kept demo anew, says so, and holds its connection until standard input ends.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openClient } from '../../examples/law-firm/client.mjs'

const [folder] = process.argv.slice(2)
const { firms } = JSON.parse(readFileSync(new URL('../../examples/data/clients.json', import.meta.url), 'utf8'))
const prisma = openClient({ database: join(folder, 'law-firm.db'), keyFile: join(folder, 'master.key') })
for (const { id: tenant, clients } of firms) {
  await prisma.$fieldseal.withTenant(tenant, async () => {
    for (const { id, notes: _, dob, ...data } of clients) {
      await prisma.client.update({ where: { id }, data: { ...data, dob: new Date(dob) } })
    }
  })
}
process.stdout.write('written\n')
process.stdin.resume().once('end', () => prisma.$disconnect())
