import { afterEach, describe, expect, it } from 'vitest'
import { KmsCancelledError, KmsUnavailableError } from '../../src/errors/index.js'
import { memoryKms } from '../../src/testing/index.js'
import { type Bench, type BenchOptions, createBench } from '../support/core/bench.js'
import { createGate, settle } from '../support/core/gate.js'
import { rotate } from '../support/core/key-rows.js'
import { isErased, spyKms } from '../support/core/spy-kms.js'

const CROWD = 2000
const HARD_TTL_MS = 300_000
const firm = { tenant: 'firm_1' } as const

const benches: Bench[] = []
afterEach(() => {
  for (const { fieldseal } of benches.splice(0)) fieldseal.dispose()
})

function open(options: BenchOptions = { cache: { scope: 'process' } }, kms = spyKms()): Bench {
  const bench = createBench(options, kms)
  benches.push(bench)
  return bench
}

const crowd = (work: (at: number) => Promise<unknown>) => Array.from({ length: CROWD }, (_, at) => work(at))

/** Timers that would keep the process from ending. */
const holdingTimers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe(`${CROWD} requests that wait while the KMS does not answer`, () => {
  it('are one call to it and one read of the store, and all meet the error when it comes', async () => {
    const { fieldseal, kms, store } = open()
    await fieldseal.ensureTenant('firm_1')
    fieldseal.invalidate('firm_1')
    const [loads, unwraps] = [store.loads.length, kms.unwraps.length]
    const gate = createGate()
    kms.before = async () => {
      await gate.passed
      throw new KmsUnavailableError('server error 503', {})
    }
    const waiting = crowd(() => fieldseal.encrypt('Client.ssn', '1', firm))
    await settle()
    expect([store.loads.length - loads, kms.unwraps.length - unwraps]).toEqual([1, 1])
    gate.open()
    const outcomes = await Promise.allSettled(waiting)
    expect(outcomes.every((each) => each.status === 'rejected' && each.reason instanceof KmsUnavailableError)).toBe(
      true,
    )
    kms.before = () => undefined
    await expect(fieldseal.encrypt('Client.ssn', '1', firm)).resolves.toBeDefined()
  })

  it('and give up, one after the other, end the call and leave no key behind when it answers late', async () => {
    const inner = memoryKms()
    // A provider that does not listen.
    const kms = spyKms({}, { ...inner, unwrap: ({ signal, ...request }) => inner.unwrap(request) })
    const { fieldseal } = open(undefined, kms)
    await fieldseal.ensureTenant('firm_1')
    const gate = createGate()
    kms.before = () => gate.passed
    const before = kms.unwrapped.length
    const controllers = Array.from({ length: CROWD }, () => new AbortController())
    const waiting = controllers.map(({ signal }) =>
      fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', '1'), { signal }),
    )
    const outcomes = Promise.allSettled(waiting)
    await settle()
    for (const controller of controllers) controller.abort()
    expect(kms.unwraps.at(-1)?.signal?.aborted).toBe(true)
    expect((await outcomes).every((each) => each.status === 'rejected')).toBe(true)
    gate.open()
    await settle()
    expect(kms.unwrapped.slice(before).map(({ live }) => isErased(live))).toEqual([true])
    expect(fieldseal.stats().entries).toBe(0)
  })

  it('that arrives at the moment a caller gives up goes to the others, and to nobody twice', async () => {
    const { fieldseal, kms } = open()
    await fieldseal.ensureTenant('firm_1')
    const before = kms.unwrapped.length
    for (let turns = 0; turns < 12; turns++) {
      fieldseal.invalidate('firm_1')
      const gate = createGate()
      kms.before = () => gate.passed
      const controller = new AbortController()
      const { signal } = controller
      const leaving = fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', 'leaving'), { signal })
      const outcome = leaving.catch((error: unknown) => error)
      const staying = fieldseal.encrypt('Client.ssn', 'staying', firm)
      await settle()
      gate.open()
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      controller.abort()
      const answer = await outcome
      if (typeof answer !== 'string') expect(answer).toBeInstanceOf(KmsCancelledError)
      await expect(fieldseal.decrypt('Client.ssn', await staying, firm)).resolves.toBe('staying')
    }
    fieldseal.dispose()
    expect(kms.unwrapped.length - before).toBeGreaterThanOrEqual(12)
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })
})

describe(`${CROWD} requests that meet the key another process has just made`, () => {
  it('are at most two reads of the store', async () => {
    const { fieldseal, store, another } = open()
    await fieldseal.ensureTenant('firm_1')
    await fieldseal.encrypt('Client.ssn', '1', firm)
    const other = another()
    benches.push(other)
    await rotate(other.rows, other.kms)
    const cell = await other.fieldseal.encrypt('Client.ssn', 'new', firm)
    const before = store.loads.length
    const opened = await Promise.all(crowd(() => fieldseal.decrypt('Client.ssn', cell, firm)))
    expect(new Set(opened)).toEqual(new Set(['new']))
    expect(store.loads.length - before).toBeLessThanOrEqual(2)
  })
})

describe('a refresh that hangs', () => {
  it('does not let the key outlive the hard TTL: operations then wait for the KMS', async () => {
    const { fieldseal, kms, clock } = open()
    await fieldseal.encrypt('Client.ssn', '1', firm)
    const key = kms.unwrapped.at(-1)
    const gate = createGate()
    kms.before = () => gate.passed
    for (let at = 0; at < HARD_TTL_MS - 1; at += 1000) {
      await fieldseal.encrypt('Client.ssn', '1', firm)
      clock.advance(at === HARD_TTL_MS - 1000 ? 999 : 1000)
    }
    await fieldseal.encrypt('Client.ssn', '1', firm)
    expect(key !== undefined && isErased(key.live)).toBe(false)
    clock.advance(1)
    const waiting = fieldseal.encrypt('Client.ssn', '1', firm)
    await settle()
    expect(key !== undefined && isErased(key.live)).toBe(true)
    await expect(Promise.race([waiting, settle().then(() => 'waits')])).resolves.toBe('waits')
    gate.open()
    await expect(waiting).resolves.toBeDefined()
  })
})

describe('a cache for one key', () => {
  it('serves many tenants at once: each value has the key of its tenant, and one key is kept', async () => {
    const { fieldseal, kms, another } = open({ cache: { scope: 'process', maxEntries: 1 } })
    const tenants = Array.from({ length: 12 }, (_, i) => `firm_${i}`)
    await Promise.all(tenants.map((tenant) => fieldseal.ensureTenant(tenant)))
    const turns = Array.from({ length: 240 }, (_, at) => ({ at, tenant: tenants[(at * 7) % 12] ?? '' }))
    const cells = await Promise.all(
      turns.map(async ({ at, tenant }) => {
        for (let turn = 0; turn < at % 5; turn++) await Promise.resolve()
        return fieldseal.encrypt('Client.ssn', `value ${at}`, { tenant })
      }),
    )
    expect(fieldseal.stats().entries).toBe(1)
    expect(kms.unwrapped.filter(({ live }) => !isErased(live))).toHaveLength(1)
    const fresh = another({ cache: { scope: 'process' } })
    benches.push(fresh)
    const opened = turns.map(({ tenant }, i) => fresh.fieldseal.decrypt('Client.ssn', cells[i], { tenant }))
    expect(await Promise.all(opened)).toEqual(turns.map(({ at }) => `value ${at}`))
  })

  it('serves one operation that needs several', async () => {
    const { fieldseal, kms } = open({ cache: { scope: 'process', maxEntries: 1 } })
    await expect(fieldseal.warm(['firm_1', 'firm_2', 'firm_3'])).resolves.toBeUndefined()
    expect(fieldseal.stats().entries).toBe(1)
    fieldseal.dispose()
    expect(kms.unwrapped.every(({ live }) => isErased(live))).toBe(true)
  })
})

describe('keys in a cache', () => {
  it.each(['request', 'process'] as const)('keep no process from ending, in scope %s', async (scope) => {
    const { fieldseal } = open({ cache: { scope } })
    await fieldseal.ensureTenant('firm_1')
    await fieldseal.withTenant(
      'firm_1',
      async () => {
        const before = holdingTimers()
        await fieldseal.encrypt('Client.ssn', '1')
        await fieldseal.tag('Client.ssnIndex', '1')
        expect(fieldseal.stats().entries).toBe(2)
        expect(holdingTimers()).toBeLessThanOrEqual(before)
      },
      { timeoutMs: 1_000_000 },
    )
  })
})

describe('the first keys of a tenant', () => {
  it('are not made, and nothing is left to fail unheard, when all who wait for them give up', async () => {
    const { fieldseal, kms, store } = open()
    const gate = createGate()
    kms.before = async () => {
      await gate.passed
      throw new KmsUnavailableError('server error 503', {})
    }
    const controller = new AbortController()
    const unheard: unknown[] = []
    const listen = (reason: unknown): void => void unheard.push(reason)
    process.on('unhandledRejection', listen)
    try {
      const waiting = [1, 2, 3].map(() =>
        fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', '1'), { signal: controller.signal }),
      )
      const outcomes = Promise.allSettled(waiting)
      await settle()
      controller.abort()
      for (const outcome of await outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'KMS_CANCELLED' } })
      }
      gate.open()
      await settle()
    } finally {
      process.off('unhandledRejection', listen)
    }
    expect(unheard).toEqual([])
    expect(store.inserts).toEqual([])
    expect(kms.generated.every(({ live }) => isErased(live))).toBe(true)
  })
})
