import { type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { FaultKind } from '../../kms/conformance/provider-under-test.js'
import { listen } from './http-listener.js'
import { answerWithFault } from './vault-faults.js'

/** Stands in front of a real server, counts what passes, and plays the faults that no real server shows on demand. */
export async function startVaultProxy(target: string) {
  let fault: FaultKind | undefined
  let calls = 0
  const requests: string[] = []
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${request.method} ${request.url}`)
    if (!request.url?.startsWith('/v1/auth/')) calls++
    if (fault !== undefined) {
      request.resume()
      answerWithFault(fault, response)
      return
    }
    const { method, headers } = request
    const forwarded = send(`${target}${request.url}`, { method, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 500, reply.headers)
      reply.pipe(response)
    })
    forwarded.on('error', () => response.destroy())
    request.pipe(forwarded)
  }
  const listener = await listen(handle)
  return {
    address: `http://127.0.0.1:${listener.port}`,
    calls: () => calls,
    /** Method and path of each request, in order. */
    requests,
    async fault(kind: FaultKind | undefined): Promise<void> {
      fault = kind
      await (kind === 'connection refused' ? listener.refuse() : listener.accept())
    },
    stop: () => listener.refuse(),
  }
}
