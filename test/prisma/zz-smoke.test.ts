import { expect, test } from 'vitest'
import { prepareSealed } from '../support/sealed-client.js'

test('smoke', async () => {
  const bench = await prepareSealed({ database: 'sqlite' })
  const { sealed: p, base, sql } = bench
  await base.firm.create({ data: { id: 'firm_1', name: 'One' } })
  await base.firm.create({ data: { id: 'firm_2', name: 'Two' } })
  await p.$fieldseal.withTenant('firm_1', async () => {
    const c = await p.client.create({
      data: {
        name: 'Ada',
        ssn: '123-45-6789',
        dob: new Date(0),
        score: 5,
        balance: '12.50',
        intake: { a: 1 },
        scan: new Uint8Array([1, 2]),
        notes: { create: [{ body: 'hello' }] },
      },
      include: { notes: true },
    })
    console.log(c)
    console.log(await sql('select * from "Client"'))
    console.log(await p.client.findUnique({ where: { ssn: '123456789' }, select: { name: true } }))
    console.log(
      await p.client.findMany({
        where: { ssn: { in: ['123456789'] } },
        include: { notes: { include: { client: { select: { name: true } } } }, _count: true },
      }),
    )
    console.log(await p.client.findUnique({ where: { ssn: '123456789' } }).notes())
    console.log(await p.note.create({ data: { body: 'x', clientId: c.id } }))
    console.log(
      await p.client.updateMany({ data: { name: 'Bob' } }),
      await p.client.count({ where: { ssn: { not: null } } }),
    )
    await p.client
      .create({ data: { name: 'C', ssn: '123456789' } })
      .catch((e) => console.log(e.code, e.message, JSON.stringify(e.meta)))
  })
  await p.$fieldseal.withTenant('firm_2', async () => {
    console.log(await p.client.findMany())
    console.log(await p.client.updateMany({ data: { name: 'Evil' } }))
  })
  console.log(JSON.stringify(await p.$fieldseal.verify()))
  await bench.dispose()
})
