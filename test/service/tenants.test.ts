import { describe, expect, it } from 'vitest'
import {
  ContextEndedError,
  InvalidTenantError,
  TenantMismatchError,
  TenantRequiredError,
} from '../../src/errors/index.js'
import { createBench } from '../support/core/bench.js'
import { thrownBy } from '../support/core/expect-error.js'
import { createGate, settle } from '../support/core/gate.js'

async function tenantOfKey({ rows }: ReturnType<typeof createBench>, cell: unknown): Promise<string | undefined> {
  return (await rows.find([String(cell).slice(7, 19)]))[0]?.tenant
}

describe("a field of a tenant's model", () => {
  it('needs a tenant: sealing, opening and tagging without one are errors that name the field', async () => {
    const { fieldseal, store } = createBench()
    for (const work of [
      () => fieldseal.encrypt('Client.ssn', '1'),
      () => fieldseal.decrypt('Client.ssn', 'enc::1.k00000000001.x'),
      () => fieldseal.encrypt('Draft.text', '1'),
      () => fieldseal.encrypt('Client.ssn', null),
    ]) {
      const error = await thrownBy(TenantRequiredError, work)
      expect(error.message).toMatch(/Client\.ssn|Draft\.text/)
      expect(error.message).toContain('withTenant()')
    }
    await thrownBy(TenantRequiredError, () => fieldseal.tag('Client.ssnIndex', '1'))
    await thrownBy(TenantRequiredError, () => fieldseal.tag('User.emailIndex', 'a@b.c'))
    expect(store.loads).toEqual([])
  })

  it('takes the tenant of the context, or outside any the one the call names', async () => {
    const bench = createBench()
    const inContext = await bench.fieldseal.withTenant('firm_1', () => bench.fieldseal.encrypt('Client.ssn', '1'))
    const named = await bench.fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_2' })
    expect(await tenantOfKey(bench, inContext)).toBe('firm_1')
    expect(await tenantOfKey(bench, named)).toBe('firm_2')
  })

  it('lets a call name the tenant of its context, and no other', async () => {
    const { fieldseal } = createBench()
    await fieldseal.withTenant('firm_1', async () => {
      const cell = await fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' })
      const foreign = { tenant: 'firm_2' }
      const error = await thrownBy(TenantMismatchError, () => fieldseal.encrypt('Client.ssn', '1', foreign))
      expect(error.tenant).toBe('firm_2')
      await thrownBy(TenantMismatchError, () => fieldseal.decrypt('Client.ssn', cell, foreign))
      await thrownBy(TenantMismatchError, () => fieldseal.tag('Client.ssnIndex', '1', foreign))
      await thrownBy(TenantMismatchError, () => fieldseal.encrypt('Client.ssn', '1', { tenant: '' }))
    })
  })

  it('refuses a tenant id that is none, wherever it comes from', async () => {
    const { fieldseal } = createBench()
    await thrownBy(InvalidTenantError, () => fieldseal.encrypt('Client.ssn', '1', { tenant: 'a\n' }))
    await thrownBy(InvalidTenantError, () => fieldseal.encrypt('Client.ssn', null, { tenant: 'a\n' }))
    await thrownBy(InvalidTenantError, () => fieldseal.withTenant('\ud800', () => undefined))
    await thrownBy(InvalidTenantError, () => fieldseal.ensureTenant('x'.repeat(257)))
    await thrownBy(InvalidTenantError, () => fieldseal.warm(['\u0000']))
  })

  it('in withKeys() has no tenant', async () => {
    const { fieldseal } = createBench()
    await fieldseal.withKeys(async () => {
      await thrownBy(TenantRequiredError, () => fieldseal.encrypt('Client.ssn', '1'))
      await expect(fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' })).resolves.toMatch(/^enc/)
    })
  })
})

describe('a field of a model without a tenant', () => {
  it("belongs to the application's own, whatever the context says", async () => {
    const bench = createBench()
    const outside = await bench.fieldseal.encrypt('Setting.secret', '1')
    const inside = await bench.fieldseal.withTenant('firm_1', () => bench.fieldseal.encrypt('Setting.secret', '2'))
    expect(await tenantOfKey(bench, outside)).toBe('')
    expect(await tenantOfKey(bench, inside)).toBe('')
    await expect(bench.fieldseal.decryptMany('Setting.secret', [outside, inside])).resolves.toEqual(['1', '2'])
    await thrownBy(TenantMismatchError, () => bench.fieldseal.encrypt('Setting.secret', '1', { tenant: 'firm_1' }))
  })

  it('is loaded once in withKeys()', async () => {
    const { fieldseal, kms } = createBench()
    await fieldseal.ensureTenant('')
    const before = kms.unwraps.length
    await fieldseal.withKeys(async () => {
      for (let i = 0; i < 5; i++) await fieldseal.encrypt('Setting.secret', `${i}`)
    })
    expect(kms.unwraps.length).toBe(before + 1)
  })
})

describe('the context of a call', () => {
  it('is the one it is made in: awaiting a promise elsewhere changes nothing', async () => {
    const bench = createBench()
    const { fieldseal } = bench
    const madeOutside = fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' })
    const awaitedInside = await fieldseal.withTenant('firm_2', () => madeOutside)
    expect(await tenantOfKey(bench, awaitedInside)).toBe('firm_1')

    const tenantless = fieldseal.encrypt('Client.ssn', '1')
    await thrownBy(TenantRequiredError, () => fieldseal.withTenant('firm_2', () => tenantless))

    let madeInside: Promise<unknown> = Promise.resolve()
    await fieldseal.withTenant('firm_1', () => {
      madeInside = fieldseal.encrypt('Client.ssn', '1')
    })
    expect(await fieldseal.withTenant('firm_2', async () => tenantOfKey(bench, await madeInside))).toBe('firm_1')
  })

  it('holds for a thunk run inside, however it got there', async () => {
    const bench = createBench()
    const thunk = () => bench.fieldseal.encrypt('Client.ssn', '1')
    expect(await tenantOfKey(bench, await bench.fieldseal.withTenant('firm_1', thunk))).toBe('firm_1')
    expect(await tenantOfKey(bench, await bench.fieldseal.withTenant('firm_2', thunk))).toBe('firm_2')
  })

  it('is the innermost of several, and the outer one again afterwards', async () => {
    const bench = createBench()
    const { fieldseal } = bench
    await fieldseal.withTenant('firm_1', async () => {
      const inner = await fieldseal.withTenant('firm_2', () => fieldseal.encrypt('Client.ssn', '1'))
      const outer = await fieldseal.encrypt('Client.ssn', '1')
      expect(await tenantOfKey(bench, inner)).toBe('firm_2')
      expect(await tenantOfKey(bench, outer)).toBe('firm_1')
      await expect(fieldseal.decrypt('Client.ssn', inner)).rejects.toMatchObject({ code: 'FOREIGN_TENANT_KEY' })
    })
  })

  it('that has ended refuses work that was not awaited, and work under way ends well', async () => {
    const { fieldseal, kms } = createBench()
    await fieldseal.ensureTenant('firm_1')
    const [gate, kmsGate] = [createGate(), createGate()]
    kms.before = () => kmsGate.passed
    let late: Promise<unknown> = Promise.resolve()
    let underWay: Promise<unknown> = Promise.resolve()
    await fieldseal.withTenant('firm_1', async () => {
      underWay = fieldseal.encrypt('Client.ssn', '1')
      late = gate.passed.then(() => fieldseal.encrypt('Client.ssn', '2'))
      await settle()
    })
    gate.open()
    await thrownBy(ContextEndedError, () => late)
    kmsGate.open()
    await expect(underWay).resolves.toMatch(/^enc::1\./)
  })

  it('does not reach from one request into another that runs at the same time', async () => {
    const bench = createBench()
    const tenants = Array.from({ length: 30 }, (_, i) => `firm_${i % 7}`)
    const owners = await Promise.all(
      tenants.map((tenant, i) =>
        bench.fieldseal.withTenant(tenant, async () => {
          for (let turn = 0; turn < i % 5; turn++) await new Promise((resolve) => setImmediate(resolve))
          return tenantOfKey(bench, await bench.fieldseal.encrypt('Client.ssn', '1'))
        }),
      ),
    )
    expect(owners).toEqual(tenants)
  })
})
