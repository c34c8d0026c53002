import { describe, expect, it } from 'vitest'
import { KmsUnavailableError } from '../../src/errors/index.js'
import { createBench } from '../support/core/bench.js'
import { inState, onlyRow } from '../support/core/key-rows.js'

const firm = { tenant: 'firm_1' } as const
const process = { cache: { scope: 'process' } } as const
const none = { expired: 0, capacity: 0, uses: 0, refused: 0, state: 0, invalidated: 0 }

describe('stats()', () => {
  it('is all zero at first, and a picture of a moment: it does not change afterwards', async () => {
    const { fieldseal } = createBench()
    const before = fieldseal.stats()
    await fieldseal.encrypt('Client.ssn', '1', firm)
    expect(before).toEqual({
      hits: 0,
      misses: 0,
      kmsCalls: { generateDataKey: 0, unwrap: 0, failed: 0 },
      refreshes: 0,
      bridged: 0,
      evictions: none,
      entries: 0,
    })
  })

  it('counts keys found and waited for, and KMS calls, in scope process', async () => {
    const { fieldseal } = createBench(process)
    await fieldseal.encrypt('Client.ssn', '1', firm)
    expect(fieldseal.stats()).toMatchObject({
      hits: 0,
      misses: 1,
      entries: 1,
      // Once to see that the KMS can open the new key, once to use it.
      kmsCalls: { generateDataKey: 1, unwrap: 2, failed: 0 },
    })
    for (let i = 0; i < 3; i++) await fieldseal.encrypt('Client.ssn', '1', firm)
    await fieldseal.tag('Client.ssnIndex', '1', firm)
    expect(fieldseal.stats()).toMatchObject({ hits: 3, misses: 2, entries: 2 })
    fieldseal.dispose()
    expect(fieldseal.stats()).toMatchObject({ entries: 0, evictions: none })
  })

  it('counts them in scope request too, and no entries once the context has ended', async () => {
    const { fieldseal } = createBench()
    await fieldseal.ensureTenant('firm_1')
    await fieldseal.withTenant('firm_1', async () => {
      await fieldseal.encrypt('Client.ssn', '1')
      await fieldseal.encrypt('Client.ssn', '2')
      expect(fieldseal.stats()).toMatchObject({ hits: 1, misses: 1, entries: 1 })
    })
    expect(fieldseal.stats()).toMatchObject({ hits: 1, misses: 1, entries: 0, evictions: none })
  })

  it('counts failed KMS calls', async () => {
    const { fieldseal, kms } = createBench()
    await fieldseal.ensureTenant('firm_1')
    kms.before = () => {
      throw new KmsUnavailableError('no connection', {})
    }
    await expect(fieldseal.encrypt('Client.ssn', '1', firm)).rejects.toThrow()
    expect(fieldseal.stats().kmsCalls.failed).toBe(1)
  })

  it('counts why keys left the cache', async () => {
    const { fieldseal, rows, clock } = createBench({ cache: { scope: 'process', maxEntries: 2, maxUses: 2 } })
    const use = (tenant: string) => fieldseal.encrypt('Client.ssn', '1', { tenant })
    await use('firm_1')
    fieldseal.invalidate('firm_1')
    expect(fieldseal.stats().evictions).toEqual({ ...none, invalidated: 1 })
    for (let i = 0; i < 3; i++) await use('firm_1')
    expect(fieldseal.stats().evictions).toEqual({ ...none, invalidated: 1, uses: 1 })
    await use('firm_2')
    await use('firm_3')
    expect(fieldseal.stats().evictions).toEqual({ ...none, invalidated: 1, uses: 1, capacity: 1 })
    rows.put(inState(await onlyRow(rows, 'firm_3'), 'destroyed'))
    clock.advance(60_001)
    await use('firm_3')
    expect(fieldseal.stats().evictions).toEqual({ ...none, invalidated: 1, uses: 1, capacity: 1, state: 1 })
    clock.advance(300_000)
    await use('firm_3')
    expect(fieldseal.stats().evictions).toMatchObject({ expired: 1 })
    fieldseal.dispose()
  })

  it('names nobody: it is made of numbers alone', async () => {
    const { fieldseal } = createBench(process)
    await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm-with-a-name' })
    const leaves = (value: unknown): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]
    expect(leaves(fieldseal.stats()).every((leaf) => typeof leaf === 'number')).toBe(true)
    fieldseal.dispose()
  })
})

describe('invalidate()', () => {
  it.each(['request', 'process'] as const)(
    'has the tenant’s keys unwrapped anew, also in a context that is open (%s)',
    async (scope) => {
      const { fieldseal, kms } = createBench({ cache: { scope } })
      await fieldseal.withTenant('firm_1', async () => {
        await fieldseal.encrypt('Client.ssn', '1')
        const before = kms.unwraps.length
        await fieldseal.encrypt('Client.ssn', '1')
        expect(kms.unwraps.length).toBe(before)
        fieldseal.invalidate('firm_1')
        await fieldseal.encrypt('Client.ssn', '1')
        expect(kms.unwraps.length).toBe(before + 1)
      })
      fieldseal.dispose()
    },
  )
})
