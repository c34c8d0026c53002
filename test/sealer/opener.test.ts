import { describe, expect, it } from 'vitest'
import { AuthenticationFailedError } from '../../src/errors/index.js'
import { createKeyring, memoryKeyStore } from '../../src/keys/index.js'
import { createCatalog, createOpener, createPace, readCells, seal } from '../../src/sealer/index.js'
import { policy } from '../support/core/policy.js'
import { spyKms } from '../support/core/spy-kms.js'

const catalog = createCatalog(policy)
const ssn = catalog.field('Client.ssn')
const TENANT = 'firm_1'

/** Cells of these values, and the keys that open them. */
async function sealed(values: readonly string[]) {
  const keyring = createKeyring({ store: memoryKeyStore(), kms: spyKms() })
  const keys = await keyring.warm({ active: [{ tenant: TENANT, purpose: 'data' }], named: [] })
  const cells = seal(
    keys,
    values.map((value) => ({ field: ssn, tenant: TENANT, value })),
  )
  const { named } = readCells(cells.map((stored) => ({ field: ssn, tenant: TENANT, stored })))
  return { cells, keys: await keyring.warm({ active: [], named }) }
}

/** Opens the cells one by one; counts the turns that others got in between. */
async function openAll(cells: readonly unknown[], keys: Awaited<ReturnType<typeof sealed>>['keys'], sliceMs: number) {
  const opened: [place: number, value: unknown][] = []
  const opener = createOpener<number>(keys, createPace(sliceMs), (place, value) => void opened.push([place, value]))
  let turns = 0
  let isOver = false
  const others = async () => {
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve))
      turns++
    }
  }
  const running = others()
  for (const [at, stored] of cells.entries()) {
    const turn = opener.add(ssn, TENANT, stored, at)
    if (turn !== undefined) await turn
  }
  opener.finish()
  const turnsMeanwhile = turns
  isOver = true
  await running
  return { opened, turns: turnsMeanwhile }
}

const values = Array.from({ length: 3000 }, (_, at) => `value ${at}`)

describe('opening many values', () => {
  it('gives every value to its place, in order, others having their turn between slices', async () => {
    const { cells, keys } = await sealed(values)
    const { opened, turns } = await openAll(cells, keys, 0)
    expect(opened).toEqual(values.map((value, at) => [at, value]))
    expect(turns).toBeGreaterThanOrEqual(10)
  })

  it('does not stop while a slice lasts', async () => {
    const { cells, keys } = await sealed(values)
    const { opened, turns } = await openAll(cells, keys, Number.POSITIVE_INFINITY)
    expect(opened).toHaveLength(values.length)
    expect(turns).toBe(0)
  })

  it('takes fewer long values at a time', async () => {
    const { cells, keys } = await sealed(Array.from({ length: 8 }, () => 'x'.repeat(300_000)))
    const { opened, turns } = await openAll(cells, keys, 0)
    expect(opened).toHaveLength(8)
    expect(turns).toBeGreaterThanOrEqual(7)
  })

  it('ends at the first that cannot be opened', async () => {
    const { cells, keys } = await sealed(values)
    const [first = '', second = ''] = cells.map(String)
    const altered = [first, second.slice(0, -6) + (second.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA')]
    await expect(openAll(altered, keys, 0)).rejects.toThrow(AuthenticationFailedError)
  })
})

describe('a pace', () => {
  it('is due after its slice, and not again before the next has passed', async () => {
    const pace = createPace(5)
    expect(pace.isDue()).toBe(false)
    await new Promise((resolve) => setTimeout(resolve, 8))
    expect(pace.isDue()).toBe(true)
    await pace.rest()
    expect(pace.isDue()).toBe(false)
  })
})
