import { type ContextStorage, createContextStorage } from '../context/index.js'
import { createKeyring, type Keyring, type KeyringOptions } from '../keys/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import { type Catalog, createCatalog } from '../sealer/index.js'

/** Where keys are kept, who wraps them, how long they are cached. */
export interface FieldsealOptions<P extends EncryptionPolicy> extends KeyringOptions {
  /** What is encrypted: the module that `prisma generate` writes. */
  readonly policy: P
}

/** The parts that the service and an ORM's adapter share. */
export interface Runtime {
  readonly catalog: Catalog
  readonly keyring: Keyring
  readonly contexts: ContextStorage
}

/**
 * Puts the parts together. Nothing is read until the first call.
 * @throws UnsupportedModeError, UnknownFieldError if the policy is not one this release serves.
 */
export function createRuntime(options: FieldsealOptions<EncryptionPolicy>): Runtime {
  const keyring = createKeyring(options)
  return {
    catalog: createCatalog(options.policy),
    keyring,
    contexts: createContextStorage(() => keyring.openContext()),
  }
}
