import { fieldseal } from '../../src/index.js'
import type { SealedBench, SealedClient } from './sealed-client.js'

/** An extended client whose every statement is seen. */
export interface WatchedClient {
  readonly client: SealedClient
  /** Statements that reached the database while `work` ran, even if it threw, and the error. */
  during(work: (client: SealedClient) => PromiseLike<unknown>): Promise<{ statements: string[]; error: unknown }>
}

export function watchedClient(bench: SealedBench): WatchedClient {
  const statements: string[] = []
  const base = bench.client({ log: [{ emit: 'event', level: 'query' }] })
  const on: unknown = Reflect.get(base, '$on')
  if (typeof on !== 'function') throw new Error('The client has no $on')
  Reflect.apply(on, base, ['query', (event: { readonly query: string }) => statements.push(event.query)])
  const extension = fieldseal({ policy: bench.policy, kms: bench.kms, cache: { scope: 'process' } })
  const client = base.$extends(extension) as SealedClient
  return {
    client,
    async during(work) {
      statements.length = 0
      const error = await Promise.resolve(work(client)).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      return { statements: [...statements], error }
    },
  }
}
