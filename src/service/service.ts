import type { ContextLimits } from '../context/index.js'
import { InvalidValueError } from '../errors/index.js'
import type { KeyNeeds, KeySet, KeyStatistics } from '../keys/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import {
  indexTenant,
  open,
  readCells,
  type SealedField,
  type StoredCell,
  seal,
  type TaggedIndex,
  tag,
} from '../sealer/index.js'
import type { BlindIndexName, EncryptedFieldName } from './field-names.js'
import { createRuntime, type FieldsealOptions, type Runtime } from './runtime.js'
import { tenantOf } from './tenant-of.js'

export interface CallOptions {
  /** The tenant, where no context says it. */
  readonly tenant?: string
}

/** Encryption of a policy's fields for code outside any ORM. Safe to share between requests. */
export interface Fieldseal<P extends EncryptionPolicy> {
  /**
   * Runs `work` in a tenant's context. Await everything inside it: its keys are released when it settles.
   * @throws InvalidTenantError; RangeError if `timeoutMs` is out of range
   * @example await fieldseal.withTenant('firm_1', () => fieldseal.encrypt('Client.ssn', '123-45-6789'))
   */
  withTenant<T>(tenant: string, work: () => T | PromiseLike<T>, limits?: ContextLimits): Promise<T>
  /**
   * Runs `work` in a context that only shares keys: the application's own are loaded once for all of it.
   * @throws RangeError if `timeoutMs` is out of range
   */
  withKeys<T>(work: () => T | PromiseLike<T>, limits?: ContextLimits): Promise<T>
  /** Creates the tenant's keys if it has none: when a tenant signs up, or before a transaction. */
  ensureTenant(tenant: string): Promise<void>
  /**
   * Loads tenants' active keys ahead of use: into the context, or with `cache.scope: 'process'` for all. Tenants
   * without keys get them.
   */
  warm(tenants: readonly string[]): Promise<void>
  /** Makes this process read the tenant's keys anew. */
  invalidate(tenant: string): void
  /** What the key cache and the KMS have done so far: counts, without names. */
  stats(): KeyStatistics
  /** One value to its cell: text for String and Json columns, bytes for Bytes columns. null stays null. */
  encrypt(field: EncryptedFieldName<P>, value: unknown, options?: CallOptions): Promise<StoredCell | null>
  /** As `encrypt`, for many values of one field, in order. */
  encryptMany(
    field: EncryptedFieldName<P>,
    values: readonly unknown[],
    options?: CallOptions,
  ): Promise<(StoredCell | null)[]>
  /** A stored cell to its value: string, Uint8Array, number, bigint, decimal text, boolean, Date, JSON, or a list. */
  decrypt(field: EncryptedFieldName<P>, stored: unknown, options?: CallOptions): Promise<unknown>
  /** As `decrypt`, for many cells of one field, in order. */
  decryptMany(field: EncryptedFieldName<P>, stored: readonly unknown[], options?: CallOptions): Promise<unknown[]>
  /**
   * The tag to store in, or look up by, a blind-index column. A compound index takes a list with one value for each
   * part. null if a part is null.
   */
  tag(index: BlindIndexName<P>, value: unknown, options?: CallOptions): Promise<string | null>
  /** As `tag`, for many values of one index, in order. */
  tagMany(index: BlindIndexName<P>, values: readonly unknown[], options?: CallOptions): Promise<(string | null)[]>
  /** Releases every cached key, and ends the KMS providers made from configuration; see `disposeKms`. For shutdown. */
  dispose(): void
}

/**
 * Opens the service. Nothing is read until the first call.
 * @throws UnsupportedModeError, UnknownFieldError if the policy is not one this release serves.
 */
export function createFieldseal<const P extends EncryptionPolicy>(options: FieldsealOptions<P>): Fieldseal<P> {
  return serviceOf<P>(createRuntime(options))
}

/** The service on parts that an adapter has put together. */
export function serviceOf<P extends EncryptionPolicy>({ catalog, keyring, contexts }: Runtime): Fieldseal<P> {
  /** Warms, works, and lets go of the keys whatever happens. */
  async function withKeySet<T>(needs: KeyNeeds, work: (keys: KeySet) => T): Promise<T> {
    const keys = await keyring.warm(needs, { context: contexts.current()?.keys })
    try {
      return work(keys)
    } finally {
      keys.release()
    }
  }

  const tenantFor = ({ tenant, where }: SealedField | TaggedIndex, call: CallOptions | undefined): string =>
    tenantOf(tenant, contexts.current(), call?.tenant, where)

  const service: Fieldseal<P> = {
    withTenant: (tenant, work, limits) => contexts.run(tenant, work, limits),
    withKeys: (work, limits) => contexts.run(undefined, work, limits),
    ensureTenant: async (tenant) => keyring.ensureTenant(tenant, contexts.current()?.keys.signal),
    async warm(tenants) {
      const active = tenants.flatMap((tenant) => [
        { tenant, purpose: 'data' as const },
        { tenant, purpose: 'index' as const },
      ])
      await withKeySet({ active, named: [] }, () => undefined)
    },
    invalidate: (tenant) => keyring.invalidate(tenant),
    stats: () => keyring.stats(),
    encrypt: async (field, value, call) => first(await service.encryptMany(field, [value], call)),
    async encryptMany(name, values, call) {
      const field = catalog.field(name)
      const tenant = tenantFor(field, call)
      if (!values.some(isValue)) return values.map(() => null)
      return withKeySet({ active: [{ tenant, purpose: 'data' }], named: [] }, (keys) =>
        mapValues(values, (present) =>
          seal(
            keys,
            present.map((value) => ({ field, tenant, value })),
          ),
        ),
      )
    },
    decrypt: async (field, stored, call) => first(await service.decryptMany(field, [stored], call)),
    async decryptMany(name, cells, call) {
      const field = catalog.field(name)
      const tenant = tenantFor(field, call)
      const batch = readCells(cells.filter(isValue).map((stored) => ({ field, tenant, stored })))
      if (batch.items.length === 0) return cells.map(() => null)
      return withKeySet({ active: [], named: batch.named }, (keys) => mapValues(cells, () => open(keys, batch)))
    },
    tag: async (index, value, call) => first(await service.tagMany(index, [value], call)),
    async tagMany(name, values, call) {
      const index = catalog.index(name)
      const tenant = tenantFor(index, call)
      if (!values.some(isValue)) return values.map(() => null)
      const active = [{ tenant: indexTenant(index, tenant), purpose: 'index' as const }]
      return withKeySet({ active, named: [] }, (keys) =>
        tag(
          keys,
          values.map((value) => ({ index, tenant, values: partsOf(index, value) })),
        ),
      )
    },
    dispose: () => keyring.dispose(),
  }
  return service
}

function isValue(value: unknown): boolean {
  return value !== null && value !== undefined
}

/** Applies `work` to what is not null, in one batch, and leaves null where it was. */
function mapValues<T>(values: readonly unknown[], work: (present: readonly unknown[]) => T[]): (T | null)[] {
  const present = values.filter(isValue)
  const done = work(present)
  if (present.length === values.length) return done
  let at = 0
  return values.map((value) => (isValue(value) ? (done[at++] as T) : null))
}

function first<T>(values: readonly T[]): T | null {
  return values[0] ?? null
}

/** @throws InvalidValueError if a compound index is not given one value for each part. */
function partsOf({ parts, where }: TaggedIndex, value: unknown): readonly unknown[] {
  if (parts.length === 1 || !isValue(value)) return [value]
  if (Array.isArray(value) && value.length === parts.length) return value
  const fields = parts.map(({ field }) => field).join(', ')
  throw new InvalidValueError(`a tag of this index takes a list with one value for each of ${fields}`, where)
}
