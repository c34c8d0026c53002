import { describe, expect, it } from 'vitest'
import { KmsUnavailableError } from '../../src/errors/index.js'
import { createBench } from '../support/core/bench.js'
import { createGate, settle } from '../support/core/gate.js'

const CALLS = 100
const firm = { tenant: 'firm_1' } as const

/** A tenant with keys, none of them in memory, and a KMS that answers when told to. */
async function setUp(scope: 'request' | 'process') {
  const bench = createBench({ cache: { scope } })
  await bench.fieldseal.ensureTenant('firm_1')
  const before = bench.kms.unwraps.length
  const gate = createGate()
  bench.kms.before = () => gate.passed
  return { ...bench, gate, unwraps: () => bench.kms.unwraps.length - before }
}

describe('a hundred concurrent calls that miss the same key', () => {
  it('make one KMS call in scope process', async () => {
    const { fieldseal, gate, unwraps } = await setUp('process')
    const calls = Array.from({ length: CALLS }, (_, i) => fieldseal.encrypt('Client.ssn', `${i}`, firm))
    await settle()
    gate.open()
    const cells = await Promise.all(calls)
    expect(unwraps()).toBe(1)
    expect(new Set(cells).size).toBe(CALLS)
    await expect(fieldseal.decryptMany('Client.ssn', cells, firm)).resolves.toEqual(cells.map((_, i) => `${i}`))
    expect(unwraps()).toBe(1)
  })

  it('make one KMS call in scope request within one context', async () => {
    const { fieldseal, gate, unwraps } = await setUp('request')
    await fieldseal.withTenant('firm_1', async () => {
      const calls = Array.from({ length: CALLS }, (_, i) => fieldseal.encrypt('Client.ssn', `${i}`))
      await settle()
      gate.open()
      await fieldseal.decryptMany('Client.ssn', await Promise.all(calls))
    })
    expect(unwraps()).toBe(1)
  })

  it('make one KMS call in scope request from a hundred contexts, and each context can go on using the key', async () => {
    const { fieldseal, gate, unwraps } = await setUp('request')
    const contexts = Array.from({ length: CALLS }, (_, i) =>
      fieldseal.withTenant('firm_1', async () => {
        const cell = await fieldseal.encrypt('Client.ssn', `${i}`)
        for (let turn = 0; turn < i % 5; turn++) await settle()
        return fieldseal.decrypt('Client.ssn', cell)
      }),
    )
    await settle()
    gate.open()
    expect(await Promise.all(contexts)).toEqual(contexts.map((_, i) => `${i}`))
    expect(unwraps()).toBe(1)
  })

  it('all meet its failure, which is not kept: the next call asks again and succeeds', async () => {
    const { fieldseal, kms, gate, unwraps } = await setUp('process')
    kms.before = async () => {
      await gate.passed
      throw new KmsUnavailableError('timeout')
    }
    const calls = Array.from({ length: CALLS }, () => fieldseal.encrypt('Client.ssn', '1', firm))
    const outcomes = Promise.allSettled(calls)
    await settle()
    gate.open()
    const reasons = (await outcomes).map((outcome) => outcome.status === 'rejected' && outcome.reason)
    expect(reasons.every((reason) => reason instanceof KmsUnavailableError)).toBe(true)
    expect(unwraps()).toBe(1)
    kms.before = () => undefined
    await expect(fieldseal.encrypt('Client.ssn', '1', firm)).resolves.toMatch(/^enc::1\./)
    expect(unwraps()).toBe(2)
  })
})

describe('calls that miss different keys', () => {
  it('unwrap them in parallel', async () => {
    const { fieldseal, kms } = createBench()
    const tenants = ['firm_1', 'firm_2', 'firm_3', 'firm_4', 'firm_5']
    await fieldseal.warm(tenants)
    const gate = createGate()
    kms.before = () => gate.passed
    const warming = fieldseal.warm(tenants)
    await settle()
    const running = kms.peak()
    gate.open()
    await warming
    expect(running).toBe(10)
  })
})

describe('in scope request', () => {
  it('a key is unwrapped once in a context, however deep, and anew in the next', async () => {
    const { fieldseal, gate, unwraps } = await setUp('request')
    gate.open()
    const twice = async () => {
      await fieldseal.encrypt('Client.ssn', '1')
      await fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', '2'))
    }
    await fieldseal.withTenant('firm_1', twice)
    expect(unwraps()).toBe(1)
    await fieldseal.withTenant('firm_1', twice)
    expect(unwraps()).toBe(2)
  })

  it('calls outside any context unwrap each time', async () => {
    const { fieldseal, gate, unwraps } = await setUp('request')
    gate.open()
    await fieldseal.encrypt('Client.ssn', '1', firm)
    await fieldseal.encrypt('Client.ssn', '2', firm)
    expect(unwraps()).toBe(2)
  })
})

describe('the hard TTL in scope request', () => {
  it('has a key unwrapped again once it is over, and the old one erased', async () => {
    const { fieldseal, kms, clock, gate, unwraps } = await setUp('request')
    gate.open()
    await fieldseal.withTenant('firm_1', async () => {
      await fieldseal.encrypt('Client.ssn', '1')
      clock.advance(299_999)
      await fieldseal.encrypt('Client.ssn', '2')
      expect(unwraps()).toBe(1)
      const old = kms.unwrapped.at(-1)
      clock.advance(1)
      await fieldseal.encrypt('Client.ssn', '3')
      expect(unwraps()).toBe(2)
      expect(old?.live.every((byte) => byte === 0)).toBe(true)
    })
  })

  it('is counted from before the KMS was asked, not from when it answered', async () => {
    const { fieldseal, kms, clock, unwraps } = await setUp('request')
    kms.before = () => clock.advance(50_000)
    await fieldseal.withTenant('firm_1', async () => {
      await fieldseal.encrypt('Client.ssn', '1')
      clock.advance(249_999)
      await fieldseal.encrypt('Client.ssn', '2')
      expect(unwraps()).toBe(1)
      clock.advance(1)
      await fieldseal.encrypt('Client.ssn', '3')
      expect(unwraps()).toBe(2)
    })
  })
})

describe('maxEntries', () => {
  it('bounds the keys a process keeps: the one used longest ago is erased and unwrapped again when needed', async () => {
    const { fieldseal, kms } = createBench({ cache: { scope: 'process', maxEntries: 2 } })
    const tenants = ['firm_1', 'firm_2', 'firm_3']
    for (const tenant of tenants) await fieldseal.ensureTenant(tenant)
    const before = kms.unwrapped.length
    for (const tenant of tenants) await fieldseal.encrypt('Client.ssn', '1', { tenant })
    const held = kms.unwrapped.slice(before).map(({ live }) => !live.every((byte) => byte === 0))
    expect(held).toEqual([false, true, true])
    await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_3' })
    expect(kms.unwrapped.length).toBe(before + 3)
    await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' })
    expect(kms.unwrapped.length).toBe(before + 4)
  })
})
