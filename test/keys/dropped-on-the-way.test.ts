import { afterEach, describe, expect, it } from 'vitest'
import { tenantRefOf } from '../../src/keys/index.js'
import { type Bench, type BenchOptions, createBench } from '../support/core/bench.js'
import { createGate, settle } from '../support/core/gate.js'
import { inState, onlyRow } from '../support/core/key-rows.js'
import { isErased } from '../support/core/spy-kms.js'

const firm = { tenant: 'firm_1' } as const
const benches: Bench[] = []
afterEach(() => {
  for (const { fieldseal } of benches.splice(0)) fieldseal.dispose()
})

/** A process in which an operation waits for the KMS to unwrap the data key of firm_1. */
async function setUp(options: BenchOptions) {
  const bench = createBench(options)
  benches.push(bench)
  await bench.fieldseal.ensureTenant('firm_1')
  const { keyId } = await onlyRow(bench.rows)
  const gate = createGate()
  bench.kms.before = ({ context }) => (context.keyId === keyId ? gate.passed : undefined)
  const before = bench.kms.unwrapped.length
  const unwrapped = () => bench.kms.unwrapped.slice(before)
  return { ...bench, gate, unwrapped, keyId }
}

const drops: [string, (bench: Bench) => Promise<void> | void][] = [
  ['its tenant is invalidated', ({ fieldseal }) => fieldseal.invalidate('firm_1')],
  [
    'another operation sees that it is retired',
    async ({ rows, fieldseal, clock }) => {
      rows.put(inState(await onlyRow(rows), 'retired'))
      // Enough for a read in the background, and not so much that who waits looks again.
      clock.advance(25_000)
      await fieldseal.tag('Client.ssnIndex', '1', firm)
      await settle()
    },
  ],
  [
    'another operation sees that its tenant is suspended',
    async ({ rows, fieldseal, clock }) => {
      rows.setTenantState(tenantRefOf('firm_1'), 'suspended')
      clock.advance(60_000)
      await expect(fieldseal.tag('Client.ssnIndex', '1', firm)).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' })
    },
  ],
]

describe.each(drops)('a key that is still on its way from the KMS when %s', (_, drop) => {
  it('serves who waits for it, if it may still be used, and is not kept by the process', async () => {
    const bench = await setUp({ cache: { scope: 'process' } })
    const cell = bench.fieldseal.encrypt('Client.ssn', '1', firm)
    cell.catch(() => undefined)
    await settle()
    await drop(bench)
    bench.gate.open()
    await Promise.allSettled([cell])
    expect(bench.unwrapped().filter(({ keyId }) => keyId === bench.keyId)).toHaveLength(1)
    expect(bench.unwrapped().every(({ keyId, live }) => keyId !== bench.keyId || isErased(live))).toBe(true)
  })

  it('is not kept by the context it was loaded for', async () => {
    const bench = await setUp({ cache: { scope: 'request' } })
    await bench.fieldseal.withTenant('firm_1', async () => {
      const cell = bench.fieldseal.encrypt('Client.ssn', '1')
      cell.catch(() => undefined)
      await settle()
      await drop(bench)
      bench.gate.open()
      await Promise.allSettled([cell])
      expect(bench.unwrapped().filter(({ keyId }) => keyId === bench.keyId)).toHaveLength(1)
      expect(bench.unwrapped().every(({ keyId, live }) => keyId !== bench.keyId || isErased(live))).toBe(true)
    })
  })
})

describe('dispose()', () => {
  it('holds for a key still on its way: the cache stays empty, and who waits has it', async () => {
    const bench = await setUp({ cache: { scope: 'process' } })
    const cell = bench.fieldseal.encrypt('Client.ssn', '1', firm)
    await settle()
    bench.fieldseal.dispose()
    bench.gate.open()
    await expect(cell).resolves.toContain(bench.keyId)
    expect(bench.fieldseal.stats().entries).toBe(0)
    expect(bench.unwrapped().every(({ live }) => isErased(live))).toBe(true)
    // It is not the end: what comes afterwards is kept again.
    await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    expect(bench.fieldseal.stats().entries).toBe(1)
  })

  it('holds for a key that is being refreshed', async () => {
    const bench = await setUp({ cache: { scope: 'process' } })
    bench.gate.open()
    await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    bench.clock.advance(200_000)
    const gate = createGate()
    bench.kms.before = () => gate.passed
    await bench.fieldseal.encrypt('Client.ssn', '1', firm)
    bench.fieldseal.dispose()
    gate.open()
    await settle()
    expect(bench.unwrapped()).toHaveLength(2)
    expect(bench.fieldseal.stats().entries).toBe(0)
    expect(bench.unwrapped().every(({ live }) => isErased(live))).toBe(true)
  })
})

describe("another tenant's key that is on its way", () => {
  it('is kept all the same', async () => {
    const bench = await setUp({ cache: { scope: 'process' } })
    const cell = bench.fieldseal.encrypt('Client.ssn', '1', firm)
    await settle()
    bench.fieldseal.invalidate('firm_2')
    bench.gate.open()
    await cell
    expect(bench.fieldseal.stats().entries).toBe(1)
  })
})
