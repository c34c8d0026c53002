import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { isObject } from './json.js'

/** Prisma's generator protocol: JSON-RPC 2.0, one message a line, requests on stdin, replies on stderr. */
export interface Connection {
  readonly requests: Readable
  readonly replies: Writable
}

export interface RpcMethods {
  readonly [method: string]: (params: unknown) => unknown
}

const INVALID_REQUEST = -32600
const UNKNOWN_METHOD = -32601
const FAILED = -32000

/** Answers requests one after the other until there are no more. A method that throws is answered with its message. */
export async function serve({ requests, replies }: Connection, methods: RpcMethods): Promise<void> {
  for await (const line of createInterface({ input: requests })) {
    if (line.trim() === '') continue
    replies.write(`${JSON.stringify({ jsonrpc: '2.0', ...(await answer(line, methods)) })}\n`)
  }
}

type Answer =
  | { readonly id: unknown; readonly result: unknown }
  | { readonly id: unknown; readonly error: { readonly code: number; readonly message: string; readonly data: object } }

async function answer(line: string, methods: RpcMethods): Promise<Answer> {
  const request = parse(line)
  if (!isObject(request) || typeof request.method !== 'string') {
    return failure(null, INVALID_REQUEST, 'this is not a request of the Prisma generator protocol')
  }
  const { id = null, method, params } = request
  const call = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (call === undefined) return failure(id, UNKNOWN_METHOD, `there is no method ${method}`)
  try {
    return { id, result: (await call(params)) ?? null }
  } catch (error) {
    return failure(id, FAILED, error instanceof Error ? error.message : String(error))
  }
}

function failure(id: unknown, code: number, message: string): Answer {
  // Prisma's protocol wants a stack; ours would say nothing to someone whose schema is wrong.
  return { id, error: { code, message, data: { stack: message } } }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
