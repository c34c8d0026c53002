import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FieldsealError } from '../../../src/errors/index.js'
import type { ResilienceOptions } from '../../../src/kms/resilience/index.js'
import { KMS_FAULTS, type KmsFaultKind } from '../../../src/testing/index.js'
import { offers } from '../../capabilities.js'
import { expectClean } from '../../everywhere/clean-errors.js'
import type { DatabaseName } from '../../support/databases/database.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../../support/sealed-client.js'
import { quoted } from '../../support/stored.js'
import { CANARY, DIGITS, type Place, STEPS, type Step } from './steps.js'

/** What each fault looks like to the program. */
const CODES: { readonly [kind in KmsFaultKind]: string } = {
  throttled: 'KMS_UNAVAILABLE',
  unavailable: 'KMS_UNAVAILABLE',
  'timed out': 'KMS_UNAVAILABLE',
  'no connection': 'KMS_UNAVAILABLE',
  'foreign error': 'KMS_UNAVAILABLE',
  hang: 'KMS_UNAVAILABLE',
  'invalid reply': 'KMS_INVALID_REPLY',
  'wrong length': 'KMS_INVALID_REPLY',
  'not bytes': 'KMS_INVALID_REPLY',
  'access denied': 'KMS_ACCESS_DENIED',
  disabled: 'KEK_UNAVAILABLE',
  'pending deletion': 'KEK_UNAVAILABLE',
  'not found': 'KEK_UNAVAILABLE',
  'unwrap failed': 'UNWRAP_FAILED',
  'request refused': 'KMS_REQUEST_REFUSED',
  cancelled: 'KMS_CANCELLED',
  'wrong key': 'KEY_CHECK_FAILED',
}
const RETRYABLE = KMS_FAULTS.filter((kind) => ['KMS_UNAVAILABLE', 'KMS_INVALID_REPLY'].includes(CODES[kind]))

const ONCE: Partial<ResilienceOptions> = { attempts: 1, attemptTimeoutMs: 30, breakerFailures: 1e6 }
const PATIENT: Partial<ResilienceOptions> = { baseDelayMs: 1, attemptTimeoutMs: 30, retryBudget: 1e6 }

const TABLES = ['Client', 'Note', 'User', 'Profile', 'AppSecret'] as const
/** Columns that hold cells, or nothing. */
const SEALED: { readonly [table in (typeof TABLES)[number]]: readonly string[] } = {
  Client: ['name', 'ssn', 'email', 'phone', 'intake', 'nickname'],
  Note: ['body'],
  User: ['email'],
  Profile: ['bio'],
  AppSecret: ['value'],
}

/**
 * A program that writes a lot, on this database, with each call it makes to the KMS failing in each way, one after the
 * other: every failure typed, no row changed by what failed, and no plaintext anywhere.
 * @param isWhole if not, what the database has no part in is left to another one: retries, and all kinds of failure at
 *   the making of keys, of which there is one for each code then.
 */
export function kmsFaults(database: DatabaseName, { isWhole }: { readonly isWhole: boolean }): void {
  // What Prisma does not offer there, it refuses itself before the KMS is asked.
  const makingFaults = KMS_FAULTS.filter(
    (kind, at) => isWhole || at === KMS_FAULTS.findIndex((other) => CODES[other] === CODES[kind]),
  )
  const steps = STEPS.filter(({ needs }) => needs === undefined || offers(needs, database))
  let bench: SealedBench
  /** The call of the KMS that goes wrong, counted from the moment it was armed. */
  let armed: { readonly kind: KmsFaultKind; left: number } | undefined
  let places = 0

  beforeAll(async () => {
    bench = await prepareSealed({
      database,
      kms: {
        fault: () => {
          if (armed === undefined || --armed.left !== 0) return undefined
          return { kind: armed.kind }
        },
      },
    })
    await newFirm('firm_a')
    await within('firm_a', extended(ONCE), (client) => client.appSecret.create({ data: { name: 'x', value: CANARY } }))
    await bench.sealed.$fieldseal.ensureTenant('firm_a')
  })
  afterAll(() => bench?.dispose())

  const newFirm = (id: string) => bench.base.firm.create({ data: { id, name: id } })
  // Request scope: each step meets the KMS anew, so that each of its calls can fail.
  const extended = (resilience: Partial<ResilienceOptions>) => bench.extend({ cache: { scope: 'request' }, resilience })
  const within = <T>(firm: string, client: SealedClient, work: (client: SealedClient) => Promise<T>): Promise<T> =>
    client.$fieldseal.withTenant(firm, () => work(client))

  function newPlace(firm: string): Place {
    places++
    return { firm, id: `place-${places}`, ssn: `${DIGITS}${places}` }
  }

  /** Runs the step while the given call of the KMS goes wrong; tells how it ended, and whether the call was made. */
  async function faulted(step: Step, client: SealedClient, place: Place, kind: KmsFaultKind, call: number) {
    armed = { kind, left: call }
    const outcome = await within(place.firm, client, (each) => step.act(each, place)).then(
      () => undefined,
      (error: unknown) => error,
    )
    const met = armed.left <= 0
    armed = undefined
    return { error: outcome, met }
  }

  const asText = (value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)

  async function dump(): Promise<string> {
    const tables: unknown[] = []
    for (const table of TABLES) tables.push(await bench.sql(`SELECT * FROM ${quoted(bench, table)} ORDER BY 1`))
    return JSON.stringify(tables, (_, value) =>
      typeof value === 'object' && !(value instanceof Uint8Array) ? value : asText(value),
    )
  }

  /** Stands for every stored row, byte for byte. */
  const stored = async (): Promise<string> =>
    createHash('sha256')
      .update(await dump())
      .digest('hex')

  /** Values in encrypted columns that are not cells. */
  async function unsealed(): Promise<unknown[]> {
    const found: unknown[] = []
    for (const table of TABLES) {
      for (const row of await bench.sql(`SELECT * FROM ${quoted(bench, table)}`)) {
        for (const column of SEALED[table]) {
          const text = asText(row[column])
          if (row[column] !== null && !/^"?enc::1\./.test(text)) found.push([table, column, text])
        }
      }
    }
    return found
  }

  function expectTyped(error: unknown, kind: KmsFaultKind): void {
    expect([kind, error]).toEqual([kind, expect.any(FieldsealError)])
    if (!(error instanceof FieldsealError)) return
    expect([kind, error.code, error.kekUri]).toEqual([kind, CODES[kind], 'memory://default'])
    expectClean(error)
  }

  /** Fails each call of the KMS that the step makes, in every way, one after the other, until there is no further call. */
  async function failEachCall(step: Step, firmOf: () => Promise<string>): Promise<number> {
    const client = extended(ONCE)
    for (let call = 1; ; call++) {
      const place = newPlace(await firmOf())
      await within(place.firm, client, async (each) => step.arrange?.(each, place))
      const before = await stored()
      for (const kind of KMS_FAULTS) {
        const { error, met } = await faulted(step, client, place, kind, call)
        if (!met) {
          expect(error).toBeUndefined()
          if (step.reads !== true) expect(await stored()).not.toBe(before)
          return call - 1
        }
        expectTyped(error, kind)
        expect([kind, await stored()]).toEqual([kind, before])
      }
      // The next operation works.
      await within(place.firm, client, (each) => each.client.findMany({ where: { id: place.id } }))
    }
  }

  describe('when a call of the KMS fails, in whichever way and whichever call it is,', () => {
    test.each(steps)('$name fails typed and leaves nothing behind', { timeout: 60_000 }, async (step) => {
      expect(await failEachCall(step, async () => 'firm_a')).toBeGreaterThan(0)
    })

    test('the first write of a new tenant leaves no row behind, and the next makes its keys', {
      timeout: 120_000,
    }, async () => {
      const [, nested] = steps
      if (nested === undefined) expect.fail('no such step')
      for (const kind of makingFaults) {
        const client = extended(ONCE)
        let met = true
        // A key that is made stays: each attempt gets further than the one before.
        for (let call = 1; met; call++) {
          const place = newPlace(`firm-${kind}-${call}`)
          await newFirm(place.firm)
          const before = await stored()
          const outcome = await faulted(nested, client, place, kind, call)
          met = outcome.met
          if (met) {
            expectTyped(outcome.error, kind)
            expect([kind, call, await stored()]).toEqual([kind, call, before])
            await within(place.firm, client, (each) => nested.act(each, place))
          } else expect(call).toBeGreaterThan(6)
          const active = { where: { tenant: place.firm, state: 'active' } }
          expect([kind, call, await bench.base.fieldsealKey.count(active)]).toEqual([kind, call, 2])
        }
      }
    })
  })

  if (isWhole) {
    describe('when one call of the KMS fails in a way that may pass, and calls are retried,', () => {
      test.each(steps)('$name succeeds, whichever call it is', { timeout: 60_000 }, async (step) => {
        for (const kind of RETRYABLE) {
          const client = extended(PATIENT)
          for (let call = 1, met = true; met; call++) {
            const place = newPlace('firm_a')
            await within(place.firm, client, async (each) => step.arrange?.(each, place))
            const outcome = await faulted(step, client, place, kind, call)
            expect([kind, call, outcome.error]).toEqual([kind, call, undefined])
            met = outcome.met
          }
        }
      })
    })
  }

  test('after all that, every encrypted column holds cells only, and no plaintext lies anywhere', async () => {
    expect(await unsealed()).toEqual([])
    const everything = await dump()
    expect(everything.length).toBeGreaterThan(10_000)
    expect(everything).not.toContain(CANARY)
    expect(everything).not.toContain(DIGITS)
    const verification = await within('firm_a', extended(ONCE), (client) => client.$fieldseal.verify())
    expect(verification.columns.filter(({ plaintext }) => plaintext > 0)).toEqual([])
  })
}
