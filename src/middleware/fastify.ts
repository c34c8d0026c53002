import { type Emitter, type OutgoingResponse, untilClosed } from './node-exchange.js'
import type { Contexts, RequestContextOptions } from './request-context.js'

export type { Contexts, RequestContextOptions } from './request-context.js'

/** What is used of Fastify's request. */
export interface FastifyLikeRequest {
  readonly raw: Emitter
}

/** What is used of Fastify's reply. */
export interface FastifyLikeReply {
  readonly raw: OutgoingResponse
}

/**
 * A Fastify hook that gives each request a context of its own. Add it as `preHandler`, after the hooks that
 * authenticate.
 * @example app.addHook('preHandler', fieldsealFastify(prisma.$fieldseal, { tenant: (request) => request.user?.firmId }))
 */
export function fieldsealFastify<Request extends FastifyLikeRequest>(
  contexts: Contexts,
  options: RequestContextOptions<Request>,
) {
  return (request: Request, reply: FastifyLikeReply, done: (error?: Error) => void): void => {
    const exchange = { request, incoming: request.raw, outgoing: reply.raw }
    untilClosed(contexts, options, exchange, () => done()).catch((error: unknown) =>
      done(error instanceof Error ? error : new TypeError('tenant() failed with something that is no error')),
    )
  }
}
