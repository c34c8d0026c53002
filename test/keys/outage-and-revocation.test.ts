import { afterEach, describe, expect, it } from 'vitest'
import { KekUnavailableError, KmsAccessDeniedError, KmsUnavailableError } from '../../src/errors/index.js'
import { memoryKeyStore } from '../../src/keys/index.js'
import { type Bench, createBench } from '../support/core/bench.js'
import { settle } from '../support/core/gate.js'
import { isErased, spyKms } from '../support/core/spy-kms.js'

const HARD_TTL_MS = 300_000
const STEP_MS = 5000
const timing = { hardTtlMs: HARD_TTL_MS }

const open: Bench[] = []
afterEach(() => {
  for (const { fieldseal } of open.splice(0)) fieldseal.dispose()
})

/** A process: a keyring and a clock of its own, rows and KMS in common with the others. */
function startProcess(
  kms: ReturnType<typeof spyKms>,
  rows: ReturnType<typeof memoryKeyStore>,
  softTtlMs?: number,
): Bench {
  const bench = createBench({ cache: { scope: 'process', ...(softTtlMs && { softTtlMs }) }, timing }, kms, rows)
  open.push(bench)
  return bench
}

/** What one operation every five seconds meets, in order, for `forMs`. */
async function outcomes({ fieldseal, clock }: Bench, forMs: number, tenant = 'firm_1'): Promise<string[]> {
  const met: string[] = []
  for (let at = 0; at < forMs; at += STEP_MS) {
    await fieldseal.encrypt('Client.ssn', '1', { tenant }).then(
      () => met.push('ok'),
      (error: { readonly code: string }) => met.push(error.code),
    )
    await settle()
    clock.advance(STEP_MS)
  }
  return met
}

describe.each([
  ['this process is denied', 'KMS_ACCESS_DENIED', (kekUri: string) => new KmsAccessDeniedError({ kekUri })],
  ['is disabled', 'KEK_UNAVAILABLE', (kekUri: string) => new KekUnavailableError('disabled', { kekUri })],
  ['is deleted', 'KEK_UNAVAILABLE', (kekUri: string) => new KekUnavailableError('not found', { kekUri })],
])('a tenant whose KEK %s', (_, code, refusal) => {
  it('cannot seal or open any more within the hard TTL, in no process, and other tenants go on', async () => {
    const kms = spyKms({ keks: ['memory://default', 'memory://firm_1'] })
    const rows = memoryKeyStore()
    const kekFor = (tenant: string) => (tenant === 'firm_1' ? 'memory://firm_1' : undefined)
    const processes = [0, 100_000, 290_000].map((aheadMs) => {
      const bench = createBench({ cache: { scope: 'process' }, timing, kekFor }, kms, rows)
      open.push(bench)
      return { bench, aheadMs }
    })
    const cells: unknown[] = []
    for (const { bench, aheadMs } of processes) {
      cells.push(await bench.fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' }))
      await bench.fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_2' })
      // Each has had its key for another time when the KEK is taken away.
      bench.clock.advance(aheadMs)
    }
    kms.before = ({ kekUri }) => {
      if (kekUri === 'memory://firm_1') throw refusal(kekUri)
    }
    for (const { bench } of processes) {
      const met = await outcomes(bench, HARD_TTL_MS)
      expect(new Set(met)).toEqual(new Set(['ok', code]))
      // Once refused, for good.
      expect(met.slice(met.indexOf(code)).every((each) => each === code)).toBe(true)
      expect(await outcomes(bench, 10 * STEP_MS)).toEqual(Array(10).fill(code))
      for (const cell of cells) {
        await expect(bench.fieldseal.decrypt('Client.ssn', cell, { tenant: 'firm_1' })).rejects.toMatchObject({ code })
      }
      expect(await outcomes(bench, STEP_MS, 'firm_2')).toEqual(['ok'])
    }
    const revoked = kms.unwrapped.filter(({ keyId }) => String(cells[0]).includes(keyId))
    expect(revoked.length).toBeGreaterThan(0)
    expect(revoked.every(({ live }) => isErased(live))).toBe(true)
  })

  it('cannot even in the middle of a context that lasts longer, in scope request', async () => {
    const kms = spyKms()
    const { fieldseal, clock } = createBench({ timing }, kms)
    await fieldseal.withTenant('firm_1', async () => {
      await fieldseal.encrypt('Client.ssn', '1')
      kms.before = ({ kekUri }) => {
        throw refusal(kekUri)
      }
      clock.advance(HARD_TTL_MS)
      await expect(fieldseal.encrypt('Client.ssn', '1')).rejects.toMatchObject({ code })
    })
  })
})

describe('an outage of the KMS', () => {
  /** What a tenant in use meets during an outage that begins `afterMs` after its key was unwrapped, and after it. */
  async function during(outageMs: number, afterMs: number, softTtlMs?: number): Promise<string[]> {
    const kms = spyKms()
    const bench = startProcess(kms, memoryKeyStore(), softTtlMs)
    await outcomes(bench, Math.max(afterMs, STEP_MS))
    kms.before = () => {
      throw new KmsUnavailableError('no connection', {})
    }
    const met = await outcomes(bench, outageMs)
    kms.before = () => undefined
    return [...met, ...(await outcomes(bench, HARD_TTL_MS))]
  }

  it('shorter than the hard TTL is not noticed by a tenant whose key has just been unwrapped', async () => {
    expect(new Set(await during(HARD_TTL_MS - STEP_MS, 0))).toEqual(new Set(['ok']))
  })

  it.each([
    ['by default, four fifths of the hard TTL', undefined, 0.8 * HARD_TTL_MS],
    ['what lies between soft and hard TTL', 150_000, HARD_TTL_MS - 150_000],
    ['what lies between soft and hard TTL', 30_000, HARD_TTL_MS - 30_000],
  ])(
    'shorter than %s is not noticed by any tenant in use, whenever it begins (soft TTL %s)',
    async (_, soft, bridged) => {
      for (let afterMs = 0; afterMs <= 2 * HARD_TTL_MS; afterMs += 5 * STEP_MS) {
        // A key comes due between two operations, and is refreshed by the second.
        const met = await during(bridged - STEP_MS, afterMs, soft)
        expect(new Set(met)).toEqual(new Set(['ok']))
      }
    },
  )

  it('that begins when a key is about to be refreshed is noticed once it lasts longer', async () => {
    const softTtlMs = 150_000
    const met = await during(HARD_TTL_MS, 0.8 * softTtlMs - STEP_MS, softTtlMs)
    expect(new Set(met)).toEqual(new Set(['ok', 'KMS_UNAVAILABLE']))
  })

  it('longer than the hard TTL is KMS_UNAVAILABLE, and over at once when the KMS is back', async () => {
    const met = await during(2 * HARD_TTL_MS, 0)
    expect(new Set(met)).toEqual(new Set(['ok', 'KMS_UNAVAILABLE']))
    expect(met.slice(met.lastIndexOf('KMS_UNAVAILABLE') + 1)).toEqual(Array(HARD_TTL_MS / STEP_MS).fill('ok'))
    expect(met.slice(0, met.indexOf('KMS_UNAVAILABLE')).every((each) => each === 'ok')).toBe(true)
  })

  it('is met at once by a tenant that is not warm', async () => {
    const kms = spyKms()
    const rows = memoryKeyStore()
    await createBench({}, kms, rows).fieldseal.ensureTenant('firm_1')
    kms.before = () => {
      throw new KmsUnavailableError('no connection', {})
    }
    expect(await outcomes(startProcess(kms, rows), STEP_MS)).toEqual(['KMS_UNAVAILABLE'])
  })
})
