import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeDataKeys } from './data-keys.js'
import { describeFaults } from './faults.js'
import { describeKeks } from './keks.js'
import { beginSession, type Session } from './operations.js'
import { plantedRows } from './planted-rows.js'
import type { Feature, ProviderUnderTest, Unsupported } from './provider-under-test.js'

export * from './provider-under-test.js'

/** The hooks that some features are tested with. */
const HOOKS: { readonly [feature in Feature]?: keyof ProviderUnderTest } = {
  'a second KEK': 'otherKekUri',
  'an absent KEK': 'absentKekUri',
  disabling: 'disable',
  'scheduling deletion': 'scheduleDeletion',
  'denying a KEK': 'deny',
  'counting calls': 'calls',
  'own timeout': 'timeoutMs',
  faults: 'fault',
}

/**
 * What every KMS provider must do.
 * @param make gives one, with KEKs of its own, before each test.
 * @param unsupported what cannot be tested with it, and why; printed among the tests.
 */
export function conformance(name: string, make: () => Promise<ProviderUnderTest>, unsupported: Unsupported = {}): void {
  describe(`${name}, as a KMS provider,`, () => {
    let session: Session | undefined
    beforeEach(async () => {
      session = await beginSession(await make())
    })
    afterEach(async () => {
      session?.kms.dispose?.()
      await session?.provider.close?.()
      session = undefined
    })
    const scene = {
      session(): Session {
        if (session === undefined) throw new Error('no test is running')
        return session
      },
      can: (feature: Feature) => unsupported[feature] === undefined,
    }

    describeDataKeys(scene)
    describeKeks(scene)
    describeFaults(scene)
    plantedRows(() => scene.session().kms)

    for (const [feature, hook] of Object.entries(HOOKS)) {
      const reason = Object.entries(unsupported).find(([name]) => name === feature)?.[1]
      if (reason === undefined) continue
      it(`has no hook for “${feature}”: ${reason}`, () => {
        expect(Object.keys(scene.session().provider)).not.toContain(hook)
      })
    }
    const others = Object.entries(unsupported).filter(([feature]) => !(feature in HOOKS))
    if (others.length > 0) console.info(`${name}, not tested: ${others.map((pair) => pair.join(': ')).join('; ')}`)
  })
}
