import { describe, expect, it } from 'vitest'
import { sharedReads } from '../../src/keys/shared-reads.js'
import { createClock } from '../support/core/clock.js'
import { settle } from '../support/core/gate.js'

const LONGEST_MS = 100

/** Reads that end when told to; each says which one it is. */
function setUp() {
  const clock = createClock()
  const begun: { readonly id: string; end(): void; fail(): void }[] = []
  const read = (id: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const name = `${id} ${begun.length + 1}`
      begun.push({ id, end: () => resolve(name), fail: () => reject(new Error(name)) })
    })
  return { begun, clock, reads: sharedReads(read, LONGEST_MS, clock.now) }
}

describe('a shared read', () => {
  it('is joined while it runs, and not afterwards', async () => {
    const { begun, reads } = setUp()
    const callers = [reads.join('a'), reads.join('a'), reads.join('b')]
    for (const each of begun) each.end()
    expect(await Promise.all(callers)).toEqual(['a 1', 'a 1', 'b 2'])
    const next = reads.join('a')
    begun[2]?.fail()
    await expect(next).rejects.toThrow('a 3')
    const another = reads.join('a')
    begun[3]?.end()
    await expect(another).resolves.toBe('a 4')
  })

  it('is joined no more when it was forgotten, or has run for too long', async () => {
    const { begun, reads, clock } = setUp()
    const first = reads.join('a')
    reads.forget('a')
    const second = reads.join('a')
    clock.advance(LONGEST_MS)
    const third = reads.join('a')
    clock.advance(1)
    const fourth = reads.join('a')
    expect(begun).toHaveLength(3)
    begun[0]?.end()
    begun[1]?.end()
    await expect(Promise.all([first, second, third])).resolves.toEqual(['a 1', 'a 2', 'a 2'])
    // What ends late does not take the place of the one that runs.
    const fifth = reads.join('a')
    expect(begun).toHaveLength(3)
    begun[2]?.end()
    await expect(Promise.all([fourth, fifth])).resolves.toEqual(['a 3', 'a 3'])
  })
})

describe('a read asked for anew', () => {
  it('has not begun before: who comes while one runs waits for the next, together with the others', async () => {
    const { begun, reads } = setUp()
    const joined = reads.join('a')
    const first = reads.anew('a')
    const waiting = [reads.anew('a'), reads.anew('a')]
    expect(begun).toHaveLength(2)
    begun[1]?.end()
    await expect(first).resolves.toBe('a 2')
    await settle()
    expect(begun).toHaveLength(3)
    const late = reads.anew('a')
    begun[2]?.end()
    await expect(Promise.all(waiting)).resolves.toEqual(['a 3', 'a 3'])
    await settle()
    begun[3]?.end()
    await expect(late).resolves.toBe('a 4')
    begun[0]?.end()
    await expect(joined).resolves.toBe('a 1')
  })

  it('begins all the same when the one before it fails', async () => {
    const { begun, reads } = setUp()
    const first = reads.anew('a')
    const second = reads.anew('a')
    begun[0]?.fail()
    await expect(first).rejects.toThrow('a 1')
    await settle()
    begun[1]?.end()
    await expect(second).resolves.toBe('a 2')
  })

  it('does not wait for one that has run for too long', async () => {
    const { begun, reads, clock } = setUp()
    const stuck = [reads.anew('a'), reads.anew('a')]
    clock.advance(LONGEST_MS + 1)
    const next = reads.anew('a')
    expect(begun).toHaveLength(2)
    begun[1]?.end()
    await expect(next).resolves.toBe('a 2')
    begun[0]?.end()
    await settle()
    begun[2]?.end()
    await expect(Promise.all(stuck)).resolves.toEqual(['a 1', 'a 3'])
  })
})
