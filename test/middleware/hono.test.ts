import { serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { stream } from 'hono/streaming'
import { afterAll, beforeAll, vi } from 'vitest'
import { fieldsealHono } from '../../src/middleware/hono.js'
import { describeMiddleware } from './behaviour.js'
import { type StartApp, tenantNamedBy, urlOf } from './framework.js'
import { bytesOf } from './pulled-body.js'

// Hono prints every failure of a stream that the tests provoke.
beforeAll(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined))
afterAll(() => void vi.restoreAllMocks())

/** @param pulled streams by a body that is pulled piece by piece, instead of Hono's helper. */
const startWith =
  (pulled: boolean): StartApp =>
  async (service, routes) => {
    const app = new Hono()
    app.use(fieldsealHono(service, { tenant: (c: Context) => tenantNamedBy(c.req.header('x-tenant')) }))
    const streamed = (pieces: () => AsyncGenerator<string>) => (c: Context) =>
      pulled
        ? c.body(bytesOf(pieces()))
        : stream(c, async (out) => {
            for await (const piece of pieces()) {
              if (out.aborted) return
              await out.write(piece)
            }
          })
    app.get('/seal', async (c) => c.text(await routes.seal()))
    app.post('/seal', async (c) => c.text(await routes.seal((await c.req.json()).value)))
    app.get('/application', async (c) => c.text(await routes.application()))
    app.get('/stream', streamed(routes.stream))
    app.get('/plain', (c) => {
      c.header('x-own', 'yes')
      c.header('set-cookie', 'a=1')
      c.header('set-cookie', 'b=2', { append: true })
      return c.json({ plain: true }, 201)
    })
    app.get('/empty', (c) => c.body(null, 204))
    app.get('/fail', () => routes.fail())
    app.get('/broken-stream', streamed(routes.brokenStream))
    app.onError((_, c) => c.body(null, 500))
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    const url = await urlOf(server)
    return {
      url,
      close() {
        if ('closeAllConnections' in server) server.closeAllConnections()
        server.close()
      },
    }
  }

describeMiddleware('Hono', startWith(false))
describeMiddleware('Hono, with bodies that are pulled', startWith(true))
