import { requireKey } from '../crypto/index.js'
import { type ErrorDetails, KeyDisposedError, KeyExhaustedError } from '../errors/index.js'
import type { KeyPurpose, KeyRow } from './key-row.js'

/** NIST SP 800-38D §8.3: at most 2^32 invocations under one key with random nonces. */
const MAX_SEALS = 2 ** 32

/** Something derived from a key, erased with it. */
export interface Derived {
  readonly key: Uint8Array
}

/**
 * An unwrapped key in memory, counted: it lives while somebody holds it and is erased when the last one lets go,
 * marked disposed first, so that a late caller meets an error and never zeroes. The bytes are private to this class.
 */
export class LeasedKey {
  readonly keyId: string
  readonly tenant: string
  readonly purpose: KeyPurpose
  /** Monotonic milliseconds at which the KMS call began: what the hard TTL counts from. */
  readonly unwrappedAt: number
  readonly #bytes: Uint8Array
  readonly #derived = new Map<string, Derived>()
  #holders = 1
  #disposed = false
  #seals = 0

  /** Takes `bytes` over: the caller must not keep or erase them. The new key has one holder, the caller. */
  constructor(row: Pick<KeyRow, 'keyId' | 'tenant' | 'purpose'>, bytes: Uint8Array, unwrappedAt: number) {
    this.keyId = row.keyId
    this.tenant = row.tenant
    this.purpose = row.purpose
    this.unwrappedAt = unwrappedAt
    this.#bytes = requireKey(bytes)
  }

  get disposed(): boolean {
    return this.#disposed
  }

  /** Whether this is the row's key. A row whose tenant or purpose was altered does not get the key it names. */
  isOf({ keyId, tenant, purpose }: Pick<KeyRow, 'keyId' | 'tenant' | 'purpose'>): boolean {
    return keyId === this.keyId && tenant === this.tenant && purpose === this.purpose
  }

  /** One more holder. Returns the key itself. */
  retain(): this {
    this.#requireLive()
    this.#holders++
    return this
  }

  /** One holder fewer; the last erases the key and all that was derived from it. */
  release(): void {
    if (this.#disposed) return
    this.#holders--
    if (this.#holders > 0) return
    this.#disposed = true
    this.#bytes.fill(0)
    for (const { key } of this.#derived.values()) key.fill(0)
    this.#derived.clear()
  }

  /**
   * What `make` derives from the key's bytes, made once per `id` while the key lives.
   * @throws KeyDisposedError
   */
  derive<T extends Derived>(id: string, make: (key: Uint8Array) => T): T {
    this.#requireLive()
    // Ids are made by one caller each (`field:` and `index:`), so that an id always stands for one T.
    const known = this.#derived.get(id) as T | undefined
    if (known !== undefined) return known
    const derived = make(this.#bytes)
    this.#derived.set(id, derived)
    return derived
  }

  /**
   * Counts values sealed with this copy of the key: a floor of what the key sealed in all, since contexts and processes
   * have copies of their own.
   * @throws KeyExhaustedError at 2^32
   */
  countSeals(seals: number): void {
    this.#seals += seals
    if (this.#seals > MAX_SEALS) throw new KeyExhaustedError(this.#details())
  }

  #requireLive(): void {
    if (this.#disposed) throw new KeyDisposedError(this.#details())
  }

  #details(): ErrorDetails {
    return { keyId: this.keyId, tenant: this.tenant }
  }
}
