import { type Emitter, type OutgoingResponse, untilClosed } from './node-exchange.js'
import type { Contexts, RequestContextOptions } from './request-context.js'

export type { Contexts, RequestContextOptions } from './request-context.js'

/**
 * Express middleware that gives each request a context of its own. Put it behind what authenticates, before the routes.
 * @example app.use(fieldsealExpress(prisma.$fieldseal, { tenant: (req) => req.user?.firmId }))
 */
export function fieldsealExpress<Request extends Emitter>(contexts: Contexts, options: RequestContextOptions<Request>) {
  return async (request: Request, response: OutgoingResponse, next: (error?: unknown) => void): Promise<void> => {
    try {
      await untilClosed(contexts, options, { request, incoming: request, outgoing: response }, () => next())
    } catch (error) {
      // Express before 5 does not look at promises.
      next(error)
    }
  }
}
