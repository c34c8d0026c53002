import { Agent } from 'node:http'
import { setTimeout as nap } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Bench, createBench } from '../support/core/bench.js'
import { createGate } from '../support/core/gate.js'
import { isErased } from '../support/core/spy-kms.js'
import {
  ask,
  askAndLeave,
  createRoutes,
  openedBy,
  PIECES,
  type Routes,
  type RunningApp,
  type StartApp,
  upload,
} from './framework.js'

/** What the middleware of every framework must do, asked over HTTP. */
export function describeMiddleware(name: string, start: StartApp): void {
  describe(`the middleware for ${name}`, () => {
    let bench: Bench
    let routes: Routes
    let app: RunningApp
    let known: number
    beforeEach(async () => {
      bench = createBench()
      for (const tenant of ['firm_1', 'firm_2']) await bench.fieldseal.ensureTenant(tenant)
      known = bench.kms.unwrapped.length
      routes = createRoutes(bench.fieldseal)
      app = await start(bench.fieldseal, routes)
    })
    afterEach(async () => {
      await app.close()
    })
    const handedOut = () => bench.kms.unwrapped.slice(known)
    const allErased = () =>
      expect.poll(() => handedOut().every(({ live }) => isErased(live)), { interval: 5 }).toBe(true)

    it('runs a handler for the tenant of its request, with each key unwrapped once, and erased after the answer', async () => {
      const { status, text } = await ask(`${app.url}/seal`, { tenant: 'firm_1' })
      expect(status).toBe(200)
      expect(await openedBy(bench.another().fieldseal, 'firm_1', [text])).toEqual(['value'])
      const keys = bench.kms.unwraps.slice(known).map(({ context }) => context.keyId)
      expect(keys.length - new Set(keys).size).toBe(1)
      await allErased()
    })

    it('keeps what comes after the parsing of a body in the context', async () => {
      const { text } = await ask(`${app.url}/seal`, { tenant: 'firm_1', body: { value: `é${'y'.repeat(90_000)}` } })
      expect(await openedBy(bench.fieldseal, 'firm_1', [text])).toEqual([`é${'y'.repeat(90_000)}`])
    })

    // The others do not show the request of Node itself.
    if (name === 'Express' || name === 'Fastify') {
      it('keeps listeners to the events of a request in the context', async () => {
        const { text } = await upload(`${app.url}/listen`, 'firm_1', ['one, ', 'two'])
        expect(await openedBy(bench.fieldseal, 'firm_1', [text])).toEqual(['one, two'])
      })
    }

    it('keeps requests apart that run at the same time for several tenants', async () => {
      const tenants = Array.from({ length: 40 }, (_, i) => `firm_${(i % 4) + 1}`)
      const answers = await Promise.all(tenants.map((tenant) => ask(`${app.url}/seal`, { tenant })))
      for (const [i, { text }] of answers.entries()) {
        expect(await openedBy(bench.fieldseal, tenants[i] ?? '', [text])).toEqual(['value'])
      }
      await allErased()
    })

    it('keeps requests apart that come one after the other on one connection, one without a tenant among them', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const statuses: number[] = []
      for (const tenant of ['firm_1', undefined, 'firm_2', undefined]) {
        const { status, text } = await ask(`${app.url}/seal`, { agent, ...(tenant === undefined ? {} : { tenant }) })
        statuses.push(status)
        if (tenant !== undefined) await openedBy(bench.fieldseal, tenant, [text])
      }
      agent.destroy()
      expect(statuses).toEqual([200, 500, 200, 500])
      expect(routes.met).toEqual(['TENANT_REQUIRED', 'TENANT_REQUIRED'])
    })

    it('gives a request without tenant a context all the same: the application’s keys are unwrapped once', async () => {
      await bench.fieldseal.ensureTenant('')
      known = bench.kms.unwraps.length
      expect((await ask(`${app.url}/application`)).status).toBe(200)
      expect(bench.kms.unwraps.length).toBe(known + 1)
    })

    it('lasts as long as a response that is streamed, to a client slower than the server', async () => {
      const { status, text } = await ask(`${app.url}/stream`, { tenant: 'firm_1', slowMs: 1 })
      expect(status).toBe(200)
      const cells = text.split('\n').filter((line) => line.startsWith('enc::'))
      expect(await openedBy(bench.another().fieldseal, 'firm_1', cells)).toEqual(
        Array.from({ length: PIECES }, (_, i) => `piece ${i}`),
      )
      expect(new Set(handedOut().map(({ keyId }) => keyId)).size).toBe(1)
      expect(bench.kms.unwraps.length - known).toBe(2)
      await allErased()
    })

    it('ends the context after a HEAD request, whose body nobody reads', async () => {
      expect((await ask(`${app.url}/stream`, { tenant: 'firm_1', method: 'HEAD' })).status).toBe(200)
      await allErased()
    })

    it('leaves the answer as the handler made it: its length, its headers, its status', async () => {
      const { status, headers, text } = await ask(`${app.url}/plain`, { tenant: 'firm_1' })
      expect(status).toBe(201)
      expect(text).toBe('{"plain":true}')
      expect(headers).toMatchObject({ 'x-own': 'yes', 'set-cookie': ['a=1', 'b=2'] })
      expect(headers['content-type']).toContain('application/json')
      if (name !== 'Next.js') expect(headers['content-length']).toBe('14')
      expect((await ask(`${app.url}/plain`, { tenant: 'firm_1', method: 'HEAD' })).status).toBe(201)
      const empty = await ask(`${app.url}/empty`, { tenant: 'firm_1' })
      expect([empty.status, empty.text]).toEqual([204, ''])
    })

    it('ends the context after a handler that failed, and leaves the failure to the framework', async () => {
      expect((await ask(`${app.url}/fail`, { tenant: 'firm_1' })).status).toBe(500)
      expect(handedOut()).toHaveLength(1)
      await allErased()
    })

    it('ends the context after a stream that failed', async () => {
      await ask(`${app.url}/broken-stream`, { tenant: 'firm_1' }).catch(() => undefined)
      expect(handedOut()).toHaveLength(1)
      await allErased()
    })

    it('refuses a tenant id that is none, and passes on what finding the tenant fails with', async () => {
      expect((await ask(`${app.url}/seal`, { tenant: '' })).status).toBe(500)
      expect((await ask(`${app.url}/seal`, { tenant: 'throw' })).status).toBe(500)
      expect(routes.met).toEqual([])
      expect(handedOut()).toEqual([])
    })

    it('cancels waiting for the KMS when the client goes away', async () => {
      const asked = createGate()
      bench.kms.before = ({ signal }) => {
        asked.open()
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
      }
      await askAndLeave(`${app.url}/seal`, 'firm_1', asked.passed)
      await expect.poll(() => routes.met, { interval: 5 }).toEqual(['KMS_CANCELLED'])
    })

    it('asks no KMS for a client that went away before its tenant was known', async () => {
      await askAndLeave(`${app.url}/seal`, 'late: firm_1', nap(50))
      await expect.poll(() => routes.met, { interval: 5 }).toEqual(['KMS_CANCELLED'])
      expect(bench.kms.unwraps.length).toBe(known)
    })

    it('ends the context when the client goes away in the middle of a stream', async () => {
      const asked = createGate()
      bench.kms.before = () => asked.open()
      await askAndLeave(`${app.url}/stream`, 'firm_1', asked.passed)
      await allErased()
    })
  })
}
