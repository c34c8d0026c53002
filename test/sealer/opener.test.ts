import { describe, expect, it } from 'vitest'
import { AuthenticationFailedError } from '../../src/errors/index.js'
import { createKeyring, memoryKeyStore } from '../../src/keys/index.js'
import { createCatalog, createOpener, type Interruptible, inSlices, readCells, seal } from '../../src/sealer/index.js'
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

type Keys = Awaited<ReturnType<typeof sealed>>['keys']
type Opened = [place: number, value: unknown]

function* opening(cells: readonly unknown[], keys: Keys, opened: Opened[]): Interruptible {
  const opener = createOpener<number>(keys, (place, value) => void opened.push([place, value]))
  for (const [at, stored] of cells.entries()) if (opener.add(ssn, TENANT, stored, at)) yield
  opener.finish()
}

/** Opens the cells in slices; counts the turns that others got in between. */
async function openAll(cells: readonly unknown[], keys: Keys, sliceMs: number) {
  const opened: Opened[] = []
  let turns = 0
  let isOver = false
  const others = (): void => {
    turns++
    if (!isOver) setImmediate(others)
  }
  setImmediate(others)
  try {
    await inSlices(opening(cells, keys, opened), sliceMs)
    return { opened, turns }
  } finally {
    isOver = true
  }
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

describe('work in slices', () => {
  it('that ends within its first slice is done at once', () => {
    const done: number[] = []
    const work = function* (): Interruptible<string> {
      done.push(1)
      yield
      done.push(2)
      return 'done'
    }
    expect(inSlices(work(), 1000)).toBe('done')
    expect(done).toEqual([1, 2])
  })

  it('that takes longer is gone on with later, and fails where it fails', async () => {
    const work = function* (): Interruptible {
      yield
      throw new RangeError('in the second slice')
    }
    await expect(inSlices(work(), 0)).rejects.toThrow(RangeError)
  })
})
