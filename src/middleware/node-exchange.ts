import { AsyncResource } from 'node:async_hooks'
import { type Contexts, inRequestContext, type RequestContextOptions } from './request-context.js'

/** What is used of Node's `EventEmitter`. */
export interface Emitter {
  emit(event: string | symbol, ...values: unknown[]): boolean
}

/** What is used of Node's `ServerResponse`. */
export interface OutgoingResponse {
  readonly closed: boolean
  readonly writableFinished: boolean
  once(event: 'close', listener: () => void): unknown
}

/** A request as the framework shows it, with Node's own request and response. */
export interface Exchange<Request> {
  readonly request: Request
  readonly incoming: Emitter
  readonly outgoing: OutgoingResponse
}

/**
 * Runs what comes after a middleware in the request's context. It ends when the response has been sent, streams
 * included, or the client has gone; KMS calls under way are cancelled then.
 * @returns settles when the context has ended.
 */
export function untilClosed<Request>(
  contexts: Contexts,
  options: RequestContextOptions<Request>,
  { request, incoming, outgoing }: Exchange<Request>,
  next: () => void,
): Promise<void> {
  const gone = new AbortController()
  return inRequestContext(contexts, options, request, gone.signal, () => {
    return new Promise<void>((resolve) => {
      const close = (): void => {
        if (!outgoing.writableFinished) gone.abort()
        resolve()
      }
      if (outgoing.closed) close()
      else outgoing.once('close', close)
      // What arrives on a socket is emitted outside any context.
      incoming.emit = AsyncResource.bind(incoming.emit)
      next()
    })
  })
}
