import { AsyncResource } from 'node:async_hooks'
import { type Contexts, inRequestContext, type RequestContextOptions } from './request-context.js'

/** What is used of a fetch API request. */
export interface IncomingRequest {
  readonly method: string
  readonly signal: AbortSignal
}

/**
 * The response of `respond`, which is called in the request's context. The context ends when the response's body has
 * been read, or been given up; until then a body that is produced piece by piece stays in it.
 */
export function untilRead<Request>(
  contexts: Contexts,
  options: RequestContextOptions<Request>,
  request: Request,
  { method, signal }: IncomingRequest,
  respond: () => Response | PromiseLike<Response>,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    inRequestContext(contexts, options, request, signal, async () => {
      const { response, read } = await follow(await respond(), method === 'HEAD')
      resolve(response)
      await read
    }).catch(reject)
  })
}

interface Followed {
  readonly response: Response
  /** Settles when the body is no longer needed. */
  readonly read: Promise<void>
}

async function follow(response: Response, isHead: boolean): Promise<Followed> {
  const { body } = response
  if (body === null) return { response, read: Promise.resolve() }
  if (!isHead) {
    const { stream, read } = inThisContext(body)
    return { response: new Response(stream, response), read }
  }
  // Nobody reads the body of an answer to HEAD, so its end would never be seen.
  await body.cancel()
  return { response: new Response(null, response), read: Promise.resolve() }
}

/** The same body; what produces its pieces, when they are asked for, runs in the context this is called in. */
function inThisContext(body: ReadableStream<Uint8Array>) {
  const context = new AsyncResource('fieldseal.response')
  const reader = body.getReader()
  let end: () => void = () => undefined
  const read = new Promise<void>((resolve) => {
    end = resolve
  })
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await context.runInAsyncScope(() => reader.read())
          if (!done) return controller.enqueue(value)
          controller.close()
          end()
        } catch (error) {
          end()
          throw error
        }
      },
      async cancel(reason) {
        try {
          await context.runInAsyncScope(() => reader.cancel(reason))
        } finally {
          end()
        }
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, read }
}
