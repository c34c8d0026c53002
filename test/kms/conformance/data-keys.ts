import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { CONTEXT, failureOf, REFUSED, run, type Scene } from './operations.js'

/** Round trips, and everything that must not unwrap. */
export function describeDataKeys({ session }: Scene): void {
  describe('with data keys,', () => {
    it('makes keys of 32 bytes, each another, wrapped so that they do not show', async () => {
      const { kms, kekUri } = session()
      const keys = await Promise.all(Array.from({ length: 8 }, () => kms.generateDataKey({ kekUri, context: CONTEXT })))
      for (const { plaintext, wrapped } of keys) {
        expect(plaintext).toBeInstanceOf(Uint8Array)
        expect(plaintext).toHaveLength(32)
        expect(Buffer.from(wrapped).includes(Buffer.from(plaintext).subarray(0, 8))).toBe(false)
      }
      expect(new Set(keys.map(({ plaintext }) => Buffer.from(plaintext).toString('hex'))).size).toBe(8)
    })

    it('unwraps what it wrapped, into memory of the caller’s own each time', async () => {
      const { kms, kekUri, wrapped, dataKey } = session()
      const first = await kms.unwrap({ kekUri, context: CONTEXT, wrapped })
      expect(dataKey.equals(first)).toBe(true)
      first.fill(0)
      const second = await kms.unwrap({ kekUri, context: CONTEXT, wrapped })
      expect(dataKey.equals(second)).toBe(true)
      // A slice of a shared pool would leave the key to whoever gets the pool.
      expect(second.buffer.byteLength).toBe(32)
    })

    it('leaves the request as it was given', async () => {
      const before = Buffer.from(session().wrapped)
      await run(session(), 'unwrap')
      await run(session(), 'rewrap')
      expect(before.equals(session().wrapped)).toBe(true)
    })

    it.each([
      ['the empty id, which is the application’s own', ''],
      ['letters of many scripts', 'Zürich ☕ 会社 é🙂'],
      ['punctuation', '"a\\b"\'{}=&,;:/%00 <x>'],
      ['spaces around it', ' firm '],
      ['256 bytes', 'x'.repeat(256)],
    ])('serves a tenant with %s, and takes no other for it', async (_, tenant) => {
      const { kms, kekUri } = session()
      const context = { ...CONTEXT, tenant }
      const { plaintext, wrapped } = await kms.generateDataKey({ kekUri, context })
      const dataKey = Buffer.from(plaintext)
      expect(dataKey.equals(await kms.unwrap({ kekUri, context, wrapped }))).toBe(true)
      for (const other of [tenant === '' ? '-' : '', `${tenant} `, `${tenant}x`, 'tenant']) {
        const elsewhere = { kekUri, context: { ...context, tenant: other }, wrapped }
        await failureOf({ ...session(), dataKey }, () => kms.unwrap(elsewhere), REFUSED)
      }
    })

    it.each([
      ['app', 'other'],
      ['tenant', 'firm_2'],
      ['tenant', 'Firm_1'],
      ['tenant', ''],
      ['purpose', 'index'],
      ['keyId', 'k00000000002'],
      ['v', '2'],
    ])('unwraps and rewraps nothing when the %s of the context is %j', async (member, value) => {
      const { kms, kekUri, wrapped } = session()
      const request = { kekUri, context: { ...CONTEXT, [member]: value }, wrapped }
      await failureOf(session(), () => kms.unwrap(request), REFUSED)
      await failureOf(session(), () => kms.rewrap({ ...request, toKekUri: kekUri }), REFUSED)
    })

    it('unwraps nothing when what stood in one value of the context stands across two', async () => {
      const { kms, kekUri } = session()
      const context = { ...CONTEXT, purpose: 'a', keyId: 'bc' }
      const { wrapped } = await kms.generateDataKey({ kekUri, context })
      const shifted = { kekUri, context: { ...context, purpose: 'ab', keyId: 'c' }, wrapped }
      await failureOf(session(), () => kms.unwrap(shifted), REFUSED)
    })

    it('unwraps nothing of which a byte was changed, wherever it stands', { timeout: 120_000 }, async () => {
      const { kms, kekUri, wrapped } = session()
      const stride = Math.ceil(wrapped.length / 200)
      for (let at = 0; at < wrapped.length; at += stride) {
        const altered = Uint8Array.from(wrapped)
        altered[at] = (altered[at] ?? 0) ^ 0x15
        await failureOf(session(), () => kms.unwrap({ kekUri, context: CONTEXT, wrapped: altered }), REFUSED)
      }
    })

    it('unwraps nothing that was cut, lengthened, reordered or never wrapped', async () => {
      const { kms, kekUri, wrapped } = session()
      const half = wrapped.length >> 1
      for (const altered of [
        wrapped.subarray(0, 0),
        wrapped.subarray(0, 1),
        wrapped.subarray(0, half),
        wrapped.subarray(0, wrapped.length - 1),
        wrapped.subarray(1),
        Buffer.concat([wrapped, Buffer.of(0)]),
        Buffer.concat([wrapped.subarray(half), wrapped.subarray(0, half)]),
        Buffer.alloc(wrapped.length, 7),
      ]) {
        await failureOf(session(), () => kms.unwrap({ kekUri, context: CONTEXT, wrapped: altered }), REFUSED)
      }
    })
  })
}
