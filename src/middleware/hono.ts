import { type IncomingRequest, untilRead } from './fetch-exchange.js'
import type { Contexts, RequestContextOptions } from './request-context.js'

export type { Contexts, RequestContextOptions } from './request-context.js'

/** What is used of Hono's context. */
export interface HonoContext {
  readonly req: { readonly raw: IncomingRequest }
  res: Response
}

/**
 * Hono middleware that gives each request a context of its own. Put it behind what authenticates, before the routes.
 * @example app.use(fieldsealHono(prisma.$fieldseal, { tenant: (c) => c.get('user')?.firmId }))
 */
export function fieldsealHono<Context extends HonoContext>(
  contexts: Contexts,
  options: RequestContextOptions<Context>,
) {
  return async (context: Context, next: () => Promise<void>): Promise<void> => {
    context.res = await untilRead(contexts, options, context, context.req.raw, async () => {
      await next()
      return context.res
    })
  }
}
