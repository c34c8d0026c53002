import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type nextModule from 'next'
import type * as nextServer from 'next/server.js'
import { afterAll, beforeAll, vi } from 'vitest'
import { fieldsealNext } from '../../src/middleware/next.js'
import { describeMiddleware } from './behaviour.js'
import { tenantNamedBy, urlOf } from './framework.js'
import { bytesOf } from './pulled-body.js'

/** The route handlers of the running test; the application of the Next.js server calls them, in the same process. */
const APP = 'fieldsealRouteHandlers'

const ROUTE = `const answer = (request, context) => globalThis.${APP}(request, context)
export const GET = answer
export const POST = answer
`
const CONFIG = `export default { compress: false, devIndicators: false, logging: false }\n`

const require = createRequire(import.meta.url)
/** The module exports the function itself, though its types do not say so. */
const next: typeof nextModule.default = require('next')
/** What handlers use; it needs what a server sets up. */
const handlerModule = (): typeof nextServer => require('next/server')
const dir = mkdtempSync(join(tmpdir(), 'fieldseal-next-'))
let server: { readonly url: string; close(): Promise<void> } | undefined

// One server for all tests: starting it and compiling the one route is what takes time.
beforeAll(async () => {
  vi.stubEnv('NODE_ENV', 'development')
  // It prints every failure that the tests provoke.
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  vi.stubEnv('NEXT_TELEMETRY_DISABLED', '1')
  mkdirSync(join(dir, 'app/routes'), { recursive: true })
  writeFileSync(join(dir, 'app/routes/route.js'), ROUTE)
  writeFileSync(join(dir, 'next.config.mjs'), CONFIG)
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(dir, 'node_modules'), 'dir')
  const app = next({ dev: true, webpack: true, quiet: true, dir })
  await app.prepare()
  const handle = app.getRequestHandler()
  const http = createServer((request, response) => {
    // One route for all: each would be compiled apart.
    request.url = `/routes?name=${request.url?.slice(1)}`
    void handle(request, response)
  }).listen(0, '127.0.0.1')
  server = {
    url: await urlOf(http),
    async close() {
      http.closeAllConnections()
      http.close()
      await app.close()
    },
  }
  Reflect.set(globalThis, APP, async () => new Response('compiled'))
  await fetch(`${server.url}/seal`)
}, 120_000)

afterAll(async () => {
  await server?.close()
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  Reflect.deleteProperty(globalThis, APP)
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

describeMiddleware('Next.js', async (service, routes) => {
  const handle = fieldsealNext(service, {
    tenant: (request: nextServer.NextRequest) => tenantNamedBy(request.headers.get('x-tenant') ?? undefined),
  })
  const handlers: { readonly [name: string]: (request: nextServer.NextRequest) => Promise<Response> } = {
    seal: async (request) => {
      const { value }: { readonly value?: string } = JSON.parse((await request.text()) || '{}')
      return new Response(await routes.seal(value))
    },
    application: async () => new Response(await routes.application()),
    stream: async () => new Response(bytesOf(routes.stream())),
    plain: async () => {
      const response = handlerModule().NextResponse.json({ plain: true }, { status: 201, headers: { 'x-own': 'yes' } })
      response.headers.append('set-cookie', 'a=1')
      response.headers.append('set-cookie', 'b=2')
      return response
    },
    empty: async () => new Response(null, { status: 204 }),
    fail: () => routes.fail(),
    'broken-stream': async () => new Response(bytesOf(routes.brokenStream())),
  }
  const answer = handle(async (request, { params }: { readonly params: Promise<object> }) => {
    const { name } = { name: request.nextUrl.searchParams.get('name') ?? '', ...(await params) }
    return handlers[name]?.(request) ?? Response.error()
  })
  Reflect.set(globalThis, APP, answer)
  return { url: server?.url ?? '', close: () => undefined }
})
