import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { type FaultKind, RETRY_AFTER_MS } from '../../kms/conformance/provider-under-test.js'
import type { Certificate } from './certificate.js'
import { listen } from './http-listener.js'

/** A request in the JSON protocol of AWS KMS: `X-Amz-Target: TrentService.Decrypt`, the input as a JSON object. */
export interface AwsRequest {
  readonly operation: string
  readonly input: { readonly [name: string]: unknown }
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Whether the caller has hung up. */
  readonly isGone: () => boolean
}

export interface AwsReply {
  readonly status: number
  readonly output: { readonly [name: string]: unknown }
  readonly headers?: { readonly [name: string]: string }
}

export type AwsHandler = (request: AwsRequest) => Promise<AwsReply> | AwsReply

/** What AWS KMS answers to a request it does not carry out. */
export function awsError(type: string, message = '', status = 400): AwsReply {
  return { status, output: { __type: type, ...(message && { message }) } }
}

/** An endpoint of AWS KMS on loopback, in which calls can be made to go wrong. */
export interface AwsEndpoint {
  readonly url: string
  readonly requests: readonly AwsRequest[]
  fault(kind: FaultKind | undefined): Promise<void>
  close(): Promise<void>
}

const OTHER_KEK = 'arn:aws:kms:us-east-1:999999999999:key/00000000-0000-0000-0000-000000000000'

/** Starts an endpoint that speaks the protocol and leaves the work to `handler`, unless a fault stands before it. */
export async function startAwsEndpoint(handler: AwsHandler, tls?: Certificate): Promise<AwsEndpoint> {
  const requests: AwsRequest[] = []
  let standing: FaultKind | undefined
  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(Buffer.from(chunk))
    const body = Buffer.concat(chunks)
    const operation = String(message.headers['x-amz-target']).replace('TrentService.', '')
    const request = {
      operation,
      input: JSON.parse(body.toString('utf8')),
      headers: message.headers,
      body,
      isGone: () => message.socket.destroyed,
    }
    requests.push(request)
    const fault = standing
    if (fault === undefined) return send(response, await handler(request))
    // AWS quotes the request in some messages: nothing of that may come out of a provider.
    const quoted = `the request was ${body} signed ${message.headers.authorization}`
    switch (fault) {
      case 'throttled':
        return send(response, awsError('ThrottlingException', quoted))
      case 'throttled with a time to wait':
        return send(response, awsError('ThrottlingException', quoted), { 'retry-after': `${RETRY_AFTER_MS / 1000}` })
      case 'server error':
        return send(response, awsError('KMSInternalException', quoted, 500))
      case 'unavailable':
        return send(response, awsError('DependencyTimeoutException', quoted, 503))
      case 'not authenticated':
        return send(response, awsError('InvalidSignatureException', quoted))
      case 'access denied':
        return send(response, awsError('AccessDeniedException', quoted))
      case 'hang':
        return
      case 'not the protocol':
        response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${quoted}</html>`)
        return
      case 'missing fields':
        return send(response, { status: 200, output: {} })
      case 'reset mid-reply': {
        const text = JSON.stringify((await handler(request)).output)
        response.writeHead(200, { ...headers(), 'content-length': Buffer.byteLength(text) })
        response.write(text.slice(0, text.length >> 1), () => response.destroy())
        return
      }
      case 'key of wrong length': {
        const { output } = await handler(request)
        const short = Buffer.from(String(output.Plaintext), 'base64').subarray(1).toString('base64')
        return send(response, { status: 200, output: { ...output, Plaintext: short } })
      }
      case 'answered with another KEK': {
        const { output } = await handler(request)
        const named = {
          KeyId: OTHER_KEK,
          ...('KeyMetadata' in output && { KeyMetadata: { ...Object(output.KeyMetadata), Arn: OTHER_KEK } }),
        }
        return send(response, { status: 200, output: { ...output, ...named } })
      }
      case 'wrong checksum':
      case 'connection refused':
        throw new Error(`no request meets the fault ${fault}`)
    }
  }

  const listener = await listen((message, response) => {
    serve(message, response).catch((error: unknown) => {
      send(response, awsError('KMSInternalException', String(error), 500))
    })
  }, tls)
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${listener.port}`,
    requests,
    async fault(kind) {
      // What was left hanging is ended too, as a restart of the server would.
      if (kind === 'connection refused' || standing === 'hang') await listener.refuse()
      if (kind !== 'connection refused') await listener.accept()
      standing = kind
    },
    close: () => listener.refuse(),
  }
}

function headers() {
  return { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() }
}

function send(response: ServerResponse, { status, output, headers: own }: AwsReply, more?: AwsReply['headers']) {
  response.writeHead(status, { ...headers(), ...own, ...more }).end(JSON.stringify(output))
}
