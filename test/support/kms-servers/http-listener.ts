import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'

export interface HttpListener {
  readonly port: number
  /** Refuses connections from now on, and breaks those there are. */
  refuse(): Promise<void>
  /** Listens again on the same port. */
  accept(): Promise<void>
}

/** Listens on a free loopback port, or again on the one it had. */
export async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  tls?: { readonly key: string; readonly cert: string },
): Promise<HttpListener> {
  const make = (): Server => (tls === undefined ? createServer(handle) : createTlsServer(tls, handle))
  let server: Server | undefined
  let port = 0
  const accept = async (): Promise<void> => {
    if (server !== undefined) return
    const next = make()
    await new Promise<void>((resolve, reject) => {
      next.once('error', reject)
      next.listen(port, '127.0.0.1', resolve)
    })
    const address = next.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    port = address.port
    server = next
  }
  await accept()
  return {
    get port() {
      return port
    },
    accept,
    async refuse() {
      const old = server
      server = undefined
      if (old === undefined) return
      old.closeAllConnections()
      await new Promise((resolve) => old.close(resolve))
    },
  }
}

/** The whole body of a request. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

/** The whole body of a request, as JSON; an empty object for none. */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = await readText(request)
  return text === '' ? {} : JSON.parse(text)
}
