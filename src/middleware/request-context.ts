import type { EncryptionPolicy } from '../policy/policy.js'
import type { Fieldseal } from '../service/index.js'

/** The service, as far as contexts go: `prisma.$fieldseal`, or what `createFieldseal()` returns. */
export type Contexts = Pick<Fieldseal<EncryptionPolicy>, 'withTenant' | 'withKeys'>

export interface RequestContextOptions<Request> {
  /**
   * The tenant a request is for. Take it from what was authenticated, never from what the client merely says. For
   * `undefined` or `null` the request gets a context without tenant, which shares keys and refuses tenants' data.
   */
  readonly tenant: (request: Request) => MaybeTenant | PromiseLike<MaybeTenant>
  /** Milliseconds from here on after which operations no longer wait for a KMS. Default: no limit of its own. */
  readonly timeoutMs?: number
}

type MaybeTenant = string | null | undefined

/**
 * Runs a request's work in its context, which ends when the work has settled.
 * @param signal aborted when the client goes away.
 */
export async function inRequestContext<Request, T>(
  contexts: Contexts,
  { tenant, timeoutMs }: RequestContextOptions<Request>,
  request: Request,
  signal: AbortSignal | undefined,
  work: () => T | PromiseLike<T>,
): Promise<T> {
  const owner = await tenant(request)
  const limits = { signal, timeoutMs }
  return owner === undefined || owner === null
    ? contexts.withKeys(work, limits)
    : contexts.withTenant(owner, work, limits)
}
