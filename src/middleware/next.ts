import { type IncomingRequest, untilRead } from './fetch-exchange.js'
import type { Contexts, RequestContextOptions } from './request-context.js'

export type { Contexts, RequestContextOptions } from './request-context.js'

/**
 * Wraps Next.js route handlers (Node.js runtime) so that each request has a context of its own.
 * @example
 * const handle = fieldsealNext(prisma.$fieldseal, { tenant: async (request: NextRequest) => (await sessionOf(request)).firmId })
 * export const GET = handle(async (request, { params }) => Response.json(await prisma.client.findMany()))
 */
export function fieldsealNext<Request extends IncomingRequest>(
  contexts: Contexts,
  options: RequestContextOptions<Request>,
) {
  return <Rest extends unknown[]>(handler: (request: Request, ...rest: Rest) => Response | PromiseLike<Response>) =>
    (request: Request, ...rest: Rest): Promise<Response> =>
      untilRead(contexts, options, request, request, () => handler(request, ...rest))
}
