import { describe, expect, it } from 'vitest'
import { createContextStorage } from '../../src/context/index.js'
import { ContextEndedError, InvalidTenantError } from '../../src/errors/index.js'
import { contextKeyCache } from '../../src/keys/context-key-cache.js'
import { createCounters } from '../../src/keys/statistics.js'
import { thrownBy } from '../support/core/expect-error.js'
import { createGate } from '../support/core/gate.js'

const open = () => createContextStorage(() => contextKeyCache({ hardTtlMs: 1000, now: () => 0 }, createCounters()))

describe('a context', () => {
  it('is there for everything called inside it, however deep and late, and nowhere else', async () => {
    const contexts = open()
    const seen: (string | undefined)[] = []
    const look = () => void seen.push(contexts.current()?.tenant)
    look()
    await contexts.run('firm_1', async () => {
      look()
      await new Promise((resolve) => setImmediate(resolve))
      look()
      await Promise.all([Promise.resolve().then(look), (async () => look())()])
    })
    look()
    expect(seen).toEqual([undefined, 'firm_1', 'firm_1', 'firm_1', 'firm_1', undefined])
  })

  it('is kept apart from others that run at the same time', async () => {
    const contexts = open()
    const tenants = Array.from({ length: 20 }, (_, i) => `firm_${i}`)
    const seen = await Promise.all(
      tenants.map((tenant, i) =>
        contexts.run(tenant, async () => {
          for (let turn = 0; turn < i % 4; turn++) await new Promise((resolve) => setImmediate(resolve))
          return contexts.current()?.tenant
        }),
      ),
    )
    expect(seen).toEqual(tenants)
  })

  it('gives back what the work gives back, and throws what it throws', async () => {
    const contexts = open()
    await expect(contexts.run('firm_1', () => 7)).resolves.toBe(7)
    await expect(contexts.run('firm_1', async () => 'late')).resolves.toBe('late')
    const failure = new Error('mine')
    await expect(contexts.run('firm_1', () => Promise.reject(failure))).rejects.toBe(failure)
    await expect(
      contexts.run('firm_1', () => {
        throw failure
      }),
    ).rejects.toBe(failure)
  })

  it('ends when the work has settled, well or badly', async () => {
    const contexts = open()
    const caches: ({ readonly ended: boolean } | undefined)[] = []
    await contexts.run('firm_1', async () => {
      caches.push(contexts.current()?.keys)
      await Promise.resolve()
      expect(caches.map((keys) => keys?.ended)).toEqual([false])
    })
    await contexts
      .run('firm_1', async () => {
        caches.push(contexts.current()?.keys)
        throw new Error('mine')
      })
      .catch(() => undefined)
    expect(caches.map((keys) => keys?.ended)).toEqual([true, true])
  })

  it('refuses calls from work that was not awaited in it', async () => {
    const contexts = open()
    const gate = createGate()
    let late: Promise<unknown> = Promise.resolve()
    await contexts.run('firm_1', () => {
      late = gate.passed.then(() => contexts.current())
    })
    gate.open()
    await thrownBy(ContextEndedError, () => late)
  })

  it('for a tenant id that is none does not begin', async () => {
    let ran = false
    const begin = () =>
      open().run('a\u0000', () => {
        ran = true
      })
    await thrownBy(InvalidTenantError, begin)
    expect(ran).toBe(false)
  })

  it('of one client is not seen by another client', async () => {
    const [mine, other] = [open(), open()]
    await mine.run('firm_1', () => {
      expect(mine.current()?.tenant).toBe('firm_1')
      expect(other.current()).toBeUndefined()
    })
  })
})

describe('a context in a context', () => {
  it('has its own tenant and shares the keys, which outlive it', async () => {
    const contexts = open()
    await contexts.run('firm_1', async () => {
      const outer = contexts.current()
      await contexts.run('firm_2', () => {
        expect(contexts.current()?.tenant).toBe('firm_2')
        expect(contexts.current()?.keys).toBe(outer?.keys)
      })
      expect(contexts.current()).toBe(outer)
      expect(outer?.keys.ended).toBe(false)
    })
  })

  it('keeps the tenant of the outer one unless it names its own', async () => {
    const contexts = open()
    await contexts.run('firm_1', () =>
      contexts.run(undefined, () => {
        expect(contexts.current()?.tenant).toBe('firm_1')
        expect(contexts.current()?.keys.ended).toBe(false)
      }),
    )
  })

  it('refuses the empty tenant, which a missing id easily becomes', async () => {
    await expect(open().run('', () => 1)).rejects.toMatchObject({ code: 'INVALID_TENANT' })
  })

  it('that begins after the outer one has ended stands by itself', async () => {
    const contexts = open()
    const gate = createGate()
    let late: Promise<unknown> = Promise.resolve()
    await contexts.run('firm_1', () => {
      late = gate.passed.then(() => contexts.run('firm_2', () => contexts.current()?.keys.ended))
    })
    gate.open()
    await expect(late).resolves.toBe(false)
  })
})
