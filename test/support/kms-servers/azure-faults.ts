import type { IncomingMessage, ServerResponse } from 'node:http'
import { type FaultKind, RETRY_AFTER_MS } from '../../kms/conformance/provider-under-test.js'

/** Answers a request as a key vault would in which this goes wrong. */
export function answerWithFault(kind: FaultKind, request: IncomingMessage, response: ServerResponse): void {
  const reply = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
  const refuse = (status: number, code: string, inner?: string, headers?: Record<string, string>): void => {
    const innererror = inner === undefined ? {} : { innererror: { code: inner } }
    reply(status, { error: { code, message: 'a text that may change', ...innererror } }, headers)
  }
  const [, name = '', version = 'f'.repeat(32)] = /^\/keys\/([^/?]+)(?:\/([0-9a-f]{32}))?/.exec(request.url ?? '') ?? []
  const id = (of: string): string => `https://${request.headers.host}/keys/${of}/${version}`
  switch (kind) {
    case 'throttled':
      refuse(429, 'Throttled')
      return
    case 'throttled with a time to wait':
      refuse(429, 'Throttled', undefined, { 'retry-after': `${RETRY_AFTER_MS / 1000}` })
      return
    case 'server error':
      refuse(500, 'InternalServerError')
      return
    case 'unavailable':
      refuse(503, 'ServiceUnavailable')
      return
    case 'not authenticated':
      // Without a resource the SDK does not ask for another token, so that the attempt stays one.
      refuse(401, 'Unauthorized', undefined, { 'www-authenticate': 'Bearer error="invalid_token"' })
      return
    case 'access denied':
      refuse(403, 'Forbidden', 'ForbiddenByRbac')
      return
    case 'hang':
      return
    case 'reset mid-reply':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '400' })
      response.write('{"kid":"')
      setTimeout(() => response.destroy(), 20)
      return
    case 'not the protocol':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>')
      return
    case 'missing fields':
      reply(200, {})
      return
    case 'key of wrong length':
      reply(200, { kid: id(name), value: Buffer.alloc(31, 7).toString('base64url') })
      return
    case 'answered with another KEK': {
      const kid = id('another')
      const value = Buffer.alloc(32, 7).toString('base64url')
      reply(
        200,
        request.method === 'GET' ? { key: { kid, kty: 'RSA' }, attributes: { enabled: true } } : { kid, value },
      )
      return
    }
  }
  throw new Error(`this server cannot play “${kind}”`)
}
