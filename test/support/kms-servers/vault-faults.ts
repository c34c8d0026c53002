import type { ServerResponse } from 'node:http'
import { type FaultKind, RETRY_AFTER_MS } from '../../kms/conformance/provider-under-test.js'

/** Answers a request as a Vault would in which this goes wrong. */
export function answerWithFault(kind: FaultKind, response: ServerResponse): void {
  const reply = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
  const succeed = (data: unknown): void => reply(200, { request_id: 'request-of-a-fault', data, auth: null })
  switch (kind) {
    case 'throttled':
      reply(429, { errors: ['request path "transit": rate limit quota exceeded'] })
      return
    case 'throttled with a time to wait':
      reply(429, { errors: [] }, { 'retry-after': `${RETRY_AFTER_MS / 1000}` })
      return
    case 'server error':
      reply(500, { errors: ['internal error'] })
      return
    case 'unavailable':
      reply(503, { errors: ['Vault is sealed'] })
      return
    case 'not authenticated':
      reply(403, { errors: ['permission denied'] })
      return
    case 'access denied':
      reply(403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] })
      return
    case 'hang':
      return
    case 'reset mid-reply':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '400' })
      response.write('{"request_id":"')
      setTimeout(() => response.destroy(), 20)
      return
    case 'not the protocol':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>')
      return
    case 'missing fields':
      succeed({})
      return
    case 'key of wrong length':
      succeed({
        plaintext: Buffer.alloc(31, 7).toString('base64'),
        ciphertext: `vault:v1:${Buffer.alloc(60, 7).toString('base64')}`,
      })
      return
  }
  throw new Error(`this server cannot play “${kind}”`)
}
