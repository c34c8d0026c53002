import { AsyncLocalStorage } from 'node:async_hooks'
import { ContextEndedError, InvalidTenantError } from '../errors/index.js'
import { APPLICATION_TENANT, type ContextKeyCache, requireTenant } from '../keys/index.js'
import { type ContextLimits, createEnding } from './ending.js'

/** Who a piece of work is done for. */
export interface TenantContext {
  /** `undefined` if the context was opened without a tenant, only to share keys. */
  readonly tenant: string | undefined
  /** Keys loaded in the context; they end with the outermost one. Their `signal` is the context's own. */
  readonly keys: ContextKeyCache
}

/** Contexts of one client, carried along asynchronous calls. */
export interface ContextStorage {
  /**
   * Runs `work` for a tenant; `undefined` keeps that of the enclosing context, if any. Keys live until the outermost
   * context ends, and that is when `work` has settled: promises that are not awaited inside it end in ContextEndedError.
   * The limits of an enclosing context hold as well.
   * @throws InvalidTenantError, RangeError
   */
  run<T>(tenant: string | undefined, work: () => T | PromiseLike<T>, limits?: ContextLimits): Promise<T>
  /**
   * The context of the running call; `undefined` outside any.
   * @throws ContextEndedError if it has ended.
   */
  current(): TenantContext | undefined
}

/** @param openKeys makes the key cache of a new outermost context. */
export function createContextStorage(openKeys: () => ContextKeyCache): ContextStorage {
  const storage = new AsyncLocalStorage<TenantContext>()
  return {
    async run(tenant, work, limits = {}) {
      if (tenant !== undefined) requireTenantOfContext(tenant)
      const outer = storage.getStore()
      const isOutermost = outer === undefined || outer.keys.ended
      const ending = createEnding(isOutermost ? undefined : outer.keys.signal, limits)
      const shared = isOutermost ? openKeys() : outer.keys
      const keys = ending === undefined ? shared : shared.within(ending.signal)
      try {
        return await storage.run({ tenant: tenant ?? outer?.tenant, keys }, async () => work())
      } finally {
        ending?.dispose()
        if (isOutermost) shared.end()
      }
    },
    current() {
      const context = storage.getStore()
      if (context?.keys.ended === true) throw new ContextEndedError()
      return context
    },
  }
}

/** The application's own tenant needs no context: `withTenant(user.firmId ?? '')` is a mistake, not a wish. */
function requireTenantOfContext(tenant: string): void {
  requireTenant(tenant)
  if (tenant === APPLICATION_TENANT) throw new InvalidTenantError('it is empty')
}
