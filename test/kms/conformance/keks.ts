import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { secretsShownBy } from '../../support/core/secrets.js'
import {
  CONTEXT,
  DENIED,
  type Expected,
  failureOf,
  GONE,
  inspectable,
  OPERATIONS,
  REFUSED,
  required,
  run,
  type Scene,
} from './operations.js'

/** KEKs: which are served, what each state means, and moving from one to another. */
export function describeKeks({ session, can }: Scene): void {
  const operations = OPERATIONS.filter((operation) => operation !== 'describe' || can('description'))

  /** An error about the KEK itself: it names it, and the request where the KMS has ids for requests. */
  async function failureOfKek(operation: (typeof OPERATIONS)[number], kekUri: string, expected: Expected) {
    const error = await failureOf(session(), () => run(session(), operation, { kekUri }), expected)
    expect(error.kekUri).toBe(kekUri)
    if (can('request ids')) expect(error.requestId).toMatch(/\S/)
    return error
  }

  describe('with KEKs,', () => {
    it('serves its default KEK, and nothing that is no KEK of its kind', () => {
      const { kms, kekUri } = session()
      expect(kms.serves(kms.defaultKek)).toBe(true)
      expect(kms.serves(kekUri)).toBe(true)
      const [scheme = ''] = kekUri.split('://')
      const strangers = ['', '://', 'x', `x${kekUri}`, ` ${kekUri}`, `${scheme}:`, `${scheme}://`, 'other://a/b']
      expect(strangers.filter((uri) => kms.serves(uri))).toEqual([])
    })

    it('rewraps under the same KEK: another wrapped key, the same data key', async () => {
      const { kms, kekUri, wrapped, dataKey } = session()
      const again = await kms.rewrap({ kekUri, context: CONTEXT, wrapped, toKekUri: kekUri })
      expect(Buffer.from(again).equals(wrapped)).toBe(false)
      expect(dataKey.equals(await kms.unwrap({ kekUri, context: CONTEXT, wrapped: again }))).toBe(true)
    })

    if (can('a second KEK')) {
      it('unwraps and rewraps nothing with another KEK than the one that wrapped it', async () => {
        const { kms, kekUri, wrapped, provider } = session()
        const request = { kekUri: required(provider.otherKekUri, 'otherKekUri'), context: CONTEXT, wrapped }
        await failureOf(session(), () => kms.unwrap(request), REFUSED)
        await failureOf(session(), () => kms.rewrap({ ...request, toKekUri: kekUri }), REFUSED)
      })

      it('rewraps to another KEK, which alone opens it then, and in the same context alone', async () => {
        const { kms, kekUri, wrapped, dataKey, provider } = session()
        const moved = required(provider.otherKekUri, 'otherKekUri')
        const rewrapped = await kms.rewrap({ kekUri, context: CONTEXT, wrapped, toKekUri: moved })
        expect(dataKey.equals(await kms.unwrap({ kekUri: moved, context: CONTEXT, wrapped: rewrapped }))).toBe(true)
        await failureOf(session(), () => kms.unwrap({ kekUri, context: CONTEXT, wrapped: rewrapped }), REFUSED)
        const elsewhere = { kekUri: moved, context: { ...CONTEXT, tenant: 'firm_2' }, wrapped: rewrapped }
        await failureOf(session(), () => kms.unwrap(elsewhere), REFUSED)
      })
    }

    if (can('description')) {
      it('describes one by its state and facts, and shows no secret', async () => {
        const { kms, kekUri, provider } = session()
        const description = await inspectable(kms).describe({ kekUri })
        expect(description).toMatchObject({ kekUri, state: 'enabled' })
        expect(Object.keys(description.facts)).not.toEqual([])
        for (const fact of Object.values(description.facts)) expect(fact).toMatch(/\S/)
        expect(secretsShownBy(description, provider.secrets)).toEqual([])
      })

      it('names the permissions that each one needs, and gives a policy that grants all of them', () => {
        const { permissionsFor, policyFor } = inspectable(session().kms)
        const keks = [session().kekUri, session().provider.otherKekUri].filter((kekUri) => kekUri !== undefined)
        const { kind, text } = policyFor(keks)
        expect(kind).toMatch(/\S/)
        for (const kekUri of keks) {
          const permissions = permissionsFor(kekUri)
          expect(Object.keys(permissions).sort()).toEqual([...OPERATIONS].sort())
          for (const permission of OPERATIONS.flatMap((operation) => permissions[operation])) {
            expect(text).toContain(permission)
          }
        }
      })
    }

    if (can('an absent KEK')) {
      it.each(operations)('says in %s of one that is not there that it was not found', async (operation) => {
        const kekUri = required(session().provider.absentKekUri, 'absentKekUri')
        expect(await failureOfKek(operation, kekUri, GONE)).toMatchObject({ reason: 'not found' })
      })
    }

    const states = [
      { state: 'disabled', feature: 'disabling', hook: 'disable' },
      { state: 'pending deletion', feature: 'scheduling deletion', hook: 'scheduleDeletion' },
    ] as const
    for (const { state, hook } of states.filter(({ feature }) => can(feature))) {
      it.each(operations)(
        `says in %s of one that is ${state} that it is, and works with the others`,
        async (operation) => {
          const { kekUri, kms, provider } = session()
          await required(provider[hook], hook).call(provider, kekUri)
          if (operation === 'describe') {
            expect(await inspectable(kms).describe({ kekUri })).toMatchObject({ state })
          } else {
            expect(await failureOfKek(operation, kekUri, GONE)).toMatchObject({ reason: state })
          }
          const other = provider.otherKekUri
          if (other !== undefined) expect(await kms.generateDataKey({ kekUri: other, context: CONTEXT })).toBeDefined()
        },
      )
    }

    if (can('denying a KEK')) {
      it.each(operations)('says in %s of one it may not use that access is denied', async (operation) => {
        const { kekUri, provider } = session()
        await required(provider.deny, 'deny').call(provider, kekUri)
        await failureOfKek(operation, kekUri, DENIED)
      })
    }
  })
}
