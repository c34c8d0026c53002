import { describe, expect, it } from 'vitest'
import { drawNonces, NONCE_BYTES } from '../../src/crypto/index.js'
import { parseCell } from '../../src/message/index.js'
import { createBench } from '../support/core/bench.js'

const NONCES = 10_000_000
const BATCH = 10_000

describe('a nonce', () => {
  it('never comes twice in ten million', { timeout: 240_000 }, () => {
    // The first 64 of 96 bits: chance alone makes two of them equal once in 370 000 runs.
    const starts = new BigUint64Array(NONCES)
    const words = new Uint32Array(starts.buffer)
    const nonce = Buffer.alloc(NONCE_BYTES)
    let at = 0
    while (at < 2 * NONCES) {
      const nonces = drawNonces(BATCH)
      for (let i = 0; i < BATCH; i++) {
        nonces.next(nonce)
        words[at++] = nonce.readUInt32LE(0)
        words[at++] = nonce.readUInt32LE(4)
      }
    }
    starts.sort()
    let repeats = 0
    for (let i = 1; i < NONCES; i++) if (starts[i] === starts[i - 1]) repeats++
    expect(repeats).toBe(0)
  })

  it('is given out once: a batch that asks for more than it drew is refused', () => {
    const nonces = drawNonces(1)
    nonces.next(Buffer.alloc(NONCE_BYTES))
    expect(() => nonces.next(Buffer.alloc(NONCE_BYTES))).toThrow(RangeError)
  })

  it('is drawn anew for every value of a batch and every call, equal values too', async () => {
    const { fieldseal } = createBench()
    const same = Array.from({ length: 2000 }, () => 'the same')
    const cells = await fieldseal.withTenant('firm_1', async () => [
      ...(await fieldseal.encryptMany('Client.ssn', same)),
      ...(await fieldseal.encryptMany('Client.ssn', same)),
    ])
    const nonces = cells.map((cell) => Buffer.from(parseCell(cell, {}).nonce).toString('hex'))
    expect(new Set(nonces).size).toBe(4000)
    expect(new Set(cells).size).toBe(4000)
  })
})
