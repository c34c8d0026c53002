import { Buffer } from 'node:buffer'
import { Agent as HttpAgent, type RequestOptions, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { type ErrorDetails, KmsReplyError } from '../../errors/index.js'
import { connectionError } from '../connection-error.js'
import { retryAfterMs } from '../retry-after.js'
import type { VaultTls } from './options.js'
import { type CutPlaintext, cutPlaintext, putPlaintext } from './plaintext.js'

/** Far above any reply of transit; keeps a broken proxy from filling memory. */
const MAX_REPLY_BYTES = 1024 * 1024

export interface VaultRequest {
  readonly method: 'GET' | 'POST'
  /** Behind `/v1/`. */
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly body?: unknown
  /** A data key to be sent, for which asterisks stand in the body. */
  readonly plaintext?: Uint8Array | undefined
  readonly details: ErrorDetails
  readonly signal: AbortSignal
}

export interface VaultReply {
  readonly status: number
  /** Parsed JSON; `undefined` for a reply without a body, and for a failure that is not JSON. */
  readonly body: unknown
  /** The data key it held, if any. */
  readonly plaintext: CutPlaintext | undefined
  readonly retryAfterMs: number | undefined
}

export interface Transport {
  /**
   * Sends one request and reads its reply, whatever its status. Redirects are not followed: they would carry the token
   * to another host.
   * @throws KmsUnavailableError without a connection; KmsReplyError for a success that is not JSON;
   *   KmsConfigurationError if the server's certificate is not trusted.
   */
  send(request: VaultRequest): Promise<VaultReply>
  close(): void
}

/** HTTP over kept connections. Node's `fetch` takes no certificate authority of its own, so this is `node:https`. */
export function openTransport(address: URL, tls: VaultTls): Transport {
  const plain = address.protocol === 'http:'
  const agent = plain ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true, ...tls })
  const begin = plain ? requestHttp : requestHttps
  const base = address.pathname.replace(/\/+$/, '')

  return {
    send({ method, path, headers, body, plaintext, details, signal }) {
      const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
      if (content !== undefined && plaintext !== undefined) putPlaintext(content, plaintext)
      const { hostname, port } = address
      const options: RequestOptions = {
        // An IPv6 address stands in brackets in a URL, and in none here.
        ...{ hostname: hostname.replace(/^\[|\]$/g, ''), port, path: `${base}/v1/${path}`, method, agent, signal },
        headers: {
          ...headers,
          accept: 'application/json',
          ...(content === undefined ? {} : { 'content-type': 'application/json', 'content-length': content.length }),
        },
      }
      return new Promise<VaultReply>((resolve, reject) => {
        const fail = (error: Error): void => reject(connectionError(codeOf(error), 'tls.ca', details))
        const outgoing = begin(options, (incoming) => {
          const chunks: Buffer[] = []
          let bytes = 0
          incoming.on('error', fail)
          incoming.on('data', (chunk: Buffer) => {
            bytes += chunk.length
            chunks.push(chunk)
            if (bytes > MAX_REPLY_BYTES) {
              incoming.destroy()
              reject(new KmsReplyError('it is too long', details))
            }
          })
          incoming.on('end', () => {
            const status = incoming.statusCode ?? 0
            const parsed = parseJson(chunks)
            const usable = parsed.outcome !== 'malformed' || status < 200 || status >= 300
            if (!usable) return reject(new KmsReplyError('it is not JSON', details))
            const header = incoming.headers['retry-after']
            resolve({ status, body: parsed.value, plaintext: parsed.plaintext, retryAfterMs: retryAfterMs(header) })
          })
        })
        outgoing.on('error', fail)
        outgoing.on('socket', eraseAfterParsing)
        outgoing.end(content)
      }).finally(() => content?.fill(0))
    },
    close: () => agent.destroy(),
  }
}

/**
 * Erases what a connection received as soon as Node's parser has taken a copy of it. The parser listens anew for each
 * request; whoever comes after it sees the bytes after it.
 */
function eraseAfterParsing(socket: Socket): void {
  socket.off('data', erase)
  socket.on('data', erase)
}

function erase(received: Buffer): void {
  received.fill(0)
}

interface ParsedReply {
  readonly outcome: 'parsed' | 'malformed'
  readonly value: unknown
  readonly plaintext: CutPlaintext | undefined
}

/** Reads the reply and erases its bytes. */
function parseJson(chunks: readonly Buffer[]): ParsedReply {
  const all = Buffer.concat(chunks)
  const plaintext = cutPlaintext(all)
  try {
    const value: unknown = all.length === 0 ? undefined : JSON.parse(all.toString('utf8'))
    return { outcome: 'parsed', value, plaintext }
  } catch {
    plaintext?.key.fill(0)
    return { outcome: 'malformed', value: undefined, plaintext: undefined }
  } finally {
    for (const bytes of [all, ...chunks]) bytes.fill(0)
  }
}

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined)
