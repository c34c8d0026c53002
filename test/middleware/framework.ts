import { type EventEmitter, once } from 'node:events'
import { type Agent, type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as nap } from 'node:timers/promises'
import { expect } from 'vitest'
import { FieldsealError } from '../../src/errors/index.js'
import type { Fieldseal } from '../../src/service/index.js'
import type { policy } from '../support/core/policy.js'

export type Service = Fieldseal<typeof policy>

/** A server that listens on loopback. */
export interface RunningApp {
  readonly url: string
  close(): Promise<void> | void
}

/** Starts a server whose routes are `routes`, behind the middleware under test. */
export type StartApp = (service: Service, routes: Routes) => Promise<RunningApp>

/** Who asks, as a framework's own request tells it; `undefined` for nobody. A real application authenticates. */
export function tenantNamedBy(
  header: string | readonly string[] | null | undefined,
): string | undefined | Promise<string> {
  if (header === 'throw') throw new RangeError('no such session')
  if (typeof header !== 'string') return undefined
  const [, late] = header.split('late: ')
  return late === undefined ? header : nap(100).then(() => late)
}

export const PIECES = 40
const PIECE = 'x'.repeat(64 * 1024)

/** What an application does in its handlers, whatever the framework. */
export interface Routes {
  /** Seals a value for the tenant in context. */
  seal(value?: string): Promise<string>
  /** Seals a value for each piece, the pieces being large and late. */
  stream(): AsyncGenerator<string>
  /** Seals two values of the application's own. */
  application(): Promise<string>
  /** Seals what a request's own events bring; `answer` gets the cell. */
  listen(incoming: EventEmitter, answer: (cell: string) => void): void
  fail(): Promise<never>
  /** Fails after its first piece. */
  brokenStream(): AsyncGenerator<string>
  /** Errors that handlers met after the client had gone. */
  readonly met: string[]
}

export function createRoutes(service: Service): Routes {
  const met: string[] = []
  const seal = async (value = 'value'): Promise<string> => {
    try {
      // Twice, to see that a request needs its key once.
      await service.encrypt('Client.ssn', value)
      await nap(2)
      return String(await service.encrypt('Client.ssn', value))
    } catch (error) {
      met.push(error instanceof FieldsealError ? error.code : String(error))
      throw error
    }
  }
  return {
    met,
    seal,
    async *stream() {
      for (let piece = 0; piece < PIECES; piece++) {
        const cell = await service.encrypt('Client.ssn', `piece ${piece}`)
        yield `${cell}\n${PIECE}\n`
        if (piece % 10 === 0) await nap(2)
      }
    },
    listen(incoming, answer) {
      const pieces: Buffer[] = []
      incoming.on('data', (piece: Buffer) => pieces.push(piece))
      incoming.on('end', () => {
        seal(Buffer.concat(pieces).toString()).then(answer, (error: unknown) => answer(String(error)))
      })
    },
    async application() {
      await service.encrypt('Setting.secret', '1')
      return String(await service.encrypt('Setting.secret', '2'))
    },
    async *brokenStream() {
      yield `${await service.encrypt('Client.ssn', 'piece')}\n`
      await nap(2)
      throw new Error('the stream failed')
    },
    async fail() {
      await service.encrypt('Client.ssn', 'value')
      throw new Error('the handler failed')
    },
  }
}

/** Waits for the server, and gives its URL. */
export async function urlOf(server: {
  address(): AddressInfo | string | null
  readonly listening: boolean
  once(event: string, listener: () => void): unknown
}): Promise<string> {
  if (!server.listening) await new Promise<void>((resolve) => server.once('listening', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `http://127.0.0.1:${address.port}`
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

export interface Ask {
  readonly tenant?: string
  readonly agent?: Agent
  readonly body?: unknown
  readonly method?: string
  /** Milliseconds to wait before each piece is taken from the socket. */
  readonly slowMs?: number
}

/** Asks and reads the answer to its end. */
export async function ask(url: string, { tenant, agent, body, method, slowMs = 0 }: Ask = {}): Promise<Answer> {
  const headers = {
    ...(tenant === undefined ? {} : { 'x-tenant': tenant }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  const request = startRequest(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(agent === undefined ? {} : { agent }),
  })
  request.end(body === undefined ? undefined : JSON.stringify(body))
  return answerTo(request, slowMs)
}

async function answerTo(request: ClientRequest, slowMs = 0): Promise<Answer> {
  const [response]: IncomingMessage[] = await once(request, 'response')
  if (response === undefined) throw new Error('there was no response')
  const pieces: Buffer[] = []
  for await (const piece of response) {
    pieces.push(piece)
    if (slowMs > 0) await nap(slowMs)
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(pieces).toString() }
}

/** Sends a body in two pieces with a pause between them. */
export async function upload(url: string, tenant: string, pieces: readonly [string, string]): Promise<Answer> {
  const request = startRequest(url, {
    method: 'POST',
    headers: { 'x-tenant': tenant, 'content-type': 'application/octet-stream' },
  })
  request.write(pieces[0])
  await nap(30)
  request.end(pieces[1])
  return answerTo(request)
}

/** Asks, and goes away once `until` has settled. */
export async function askAndLeave(url: string, tenant: string, until: Promise<unknown>): Promise<void> {
  const request = startRequest(url, { headers: { 'x-tenant': tenant } })
  const closed = new Promise((resolve) => request.on('error', () => undefined).once('close', resolve))
  request.end()
  await until
  request.destroy()
  await closed
}

/** The values of cells that a tenant's handler has sealed. */
export async function openedBy(service: Service, tenant: string, cells: readonly string[]): Promise<unknown[]> {
  expect(cells.every((cell) => cell.startsWith('enc::1.'))).toBe(true)
  return service.decryptMany('Client.ssn', cells, { tenant })
}
