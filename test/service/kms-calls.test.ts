import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'

const ROWS = 10_000
const TENANTS = 50
const REQUESTS = 100
const ROWS_PER_STATEMENT = 50
const firms = Array.from({ length: TENANTS }, (_, i) => `firm_${i + 1}`)

/** The counts that `npm run bench:kms` prints, asked of the same queries. */
describe('calls to the KMS', () => {
  let bench: SealedBench

  beforeAll(async () => {
    bench = await prepareSealed({ database: 'sqlite', kms: { latencyMs: 20 } })
    let number = 0
    for (const id of firms) {
      await bench.base.firm.create({ data: { id, name: id } })
      await bench.sealed.$fieldseal.withTenant(id, async () => {
        for (let at = 0; at < ROWS / TENANTS; at += ROWS_PER_STATEMENT) {
          const data = Array.from({ length: ROWS_PER_STATEMENT }, () => {
            number++
            return { name: `Client ${number}`, ssn: String(100_000_000 + number) }
          })
          await bench.sealed.client.createMany({ data })
        }
      })
    }
  }, 120_000)
  afterAll(() => bench?.dispose())

  const readAs = (client: SealedClient, firm: string, take?: number) =>
    client.$fieldseal.withTenant(firm, () =>
      client.client.findMany({ ...(take === undefined ? {} : { take }), select: { name: true, ssn: true } }),
    )

  async function counted(client: SealedClient, work: () => Promise<unknown[][]>) {
    const before = bench.kms.calls.unwrap + bench.kms.calls.generateDataKey
    const rows = (await work()).flat()
    const calls = bench.kms.calls.unwrap + bench.kms.calls.generateDataKey - before
    return { rows: rows.length, calls, counted: client.$fieldseal.stats().kmsCalls.unwrap }
  }

  it(`for findMany of ${ROWS} rows over ${TENANTS} tenants are ${TENANTS} cold and none warm`, async () => {
    const reader = bench.extend({ cache: { scope: 'process' } })
    const readAll = () => Promise.all(firms.map((firm) => readAs(reader, firm)))
    expect(await counted(reader, readAll)).toEqual({ rows: ROWS, calls: TENANTS, counted: TENANTS })
    expect(await counted(reader, readAll)).toEqual({ rows: ROWS, calls: 0, counted: TENANTS })
    reader.$fieldseal.dispose()
  })

  it.each(['request', 'process'] as const)(
    `for ${REQUESTS} requests at once that miss one key are one (scope %s)`,
    async (scope) => {
      const reader = bench.extend({ cache: { scope } })
      const all = () => Promise.all(Array.from({ length: REQUESTS }, () => readAs(reader, 'firm_1', 1)))
      expect(await counted(reader, all)).toEqual({ rows: REQUESTS, calls: 1, counted: 1 })
      reader.$fieldseal.dispose()
    },
  )
})
