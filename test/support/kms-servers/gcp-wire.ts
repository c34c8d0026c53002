import { Buffer } from 'node:buffer'
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Certificate } from './certificate.js'

/** What a server of gRPC makes of a call: a reply, or a status with details. */
export type GrpcOutcome = { readonly reply: Uint8Array } | GrpcStatus

export interface GrpcStatus {
  readonly status: number
  readonly message: string
  /** google.rpc details, each with the name of its type. */
  readonly details?: readonly { readonly type: string; readonly value: Uint8Array }[]
}

export interface GrpcCall {
  readonly method: string
  readonly request: Uint8Array
  readonly headers: IncomingHttpHeaders
  /** For faults, which answer by themselves. */
  readonly stream: ServerHttp2Stream
}

export interface GrpcListener {
  readonly port: number
  refuse(): Promise<void>
  accept(): Promise<void>
}

/**
 * A server of unary gRPC calls over HTTP/2 and TLS on loopback: a frame is one byte (0: not compressed), the length in
 * four, and the message; the status comes in trailers.
 * @param handle gives the outcome; `undefined` if it answered by itself.
 */
export async function listenGrpc(
  certificate: Certificate,
  handle: (call: GrpcCall) => GrpcOutcome | undefined,
): Promise<GrpcListener> {
  const sessions = new Set<ServerHttp2Session>()
  let server: Http2SecureServer | undefined
  let port = 0

  async function serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on('error', () => undefined)
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(Buffer.from(chunk))
    const request = Buffer.concat(chunks).subarray(5)
    const method = String(headers[':path']).split('/').at(-1) ?? ''
    const outcome = handle({ method, request, headers, stream })
    if (outcome === undefined || stream.destroyed) return
    if ('reply' in outcome) sendReply(stream, outcome.reply)
    else sendStatus(stream, outcome)
  }

  async function accept(): Promise<void> {
    if (server !== undefined) return
    const next = createSecureServer(certificate)
    next.on('session', (session) => {
      sessions.add(session)
      session.on('error', () => undefined).on('close', () => sessions.delete(session))
    })
    next.on('stream', (stream, headers) => void serve(stream, headers).catch(() => stream.destroy()))
    await new Promise<void>((resolve) => next.listen(port, '127.0.0.1', resolve))
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
      const closed = new Promise((resolve) => (old === undefined ? resolve(undefined) : old.close(resolve)))
      for (const session of sessions) session.destroy()
      await closed
    },
  }
}

/** A message in its frame. */
export function frameOf(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

function sendReply(stream: ServerHttp2Stream, reply: Uint8Array): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(frameOf(reply))
}

/** A status without a reply comes in the headers alone. */
function sendStatus(stream: ServerHttp2Stream, { status, message, details = [] }: GrpcStatus): void {
  const encoded = Buffer.concat([
    varintField(1, status),
    bytesField(2, Buffer.from(message)),
    ...details.map(({ type, value }) =>
      bytesField(3, Buffer.concat([bytesField(1, Buffer.from(`type.googleapis.com/${type}`)), bytesField(2, value)])),
    ),
  ])
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-status': String(status),
      'grpc-message': encodeURIComponent(message),
      ...(details.length > 0 && { 'grpc-status-details-bin': encoded.toString('base64') }),
    },
    { endStream: true },
  )
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

/** A field of a protobuf message whose value is a number. */
export function varintField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)])
}

/** A field of a protobuf message whose value is bytes, text or a message. */
export function bytesField(number: number, value: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value])
}

/** google.rpc.PreconditionFailure with one violation. */
export function violation(type: string, subject: string) {
  const value = bytesField(1, Buffer.concat([bytesField(1, Buffer.from(type)), bytesField(2, Buffer.from(subject))]))
  return { type: 'google.rpc.PreconditionFailure', value }
}
