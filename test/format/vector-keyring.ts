import { createKeyring, type KeyRow, type Keyring, memoryKeyStore, tenantRefOf } from '../../src/keys/index.js'
import { activeRefOf } from '../../src/keys/key-row.js'
import type { Kms } from '../../src/kms/kms.js'
import type { KeyVector } from './vector-files.js'

/** The library's own keyring over the keys of a file of vectors; it checks their key check values as it loads them. */
export function vectorKeyring(keys: { readonly [keyId: string]: KeyVector }): Keyring {
  const kms: Kms = {
    defaultKek: 'vectors://kek',
    serves: () => true,
    generateDataKey: () => Promise.reject(new Error('vectors bring their keys along')),
    rewrap: () => Promise.reject(new Error('vectors keep their keys')),
    unwrap: async ({ context }) => Buffer.from(keys[context.keyId]?.key ?? '', 'hex'),
  }
  const rows = Object.entries(keys).map(([keyId, { tenant, purpose, kcv }], i): KeyRow => {
    const state = purpose === 'index' ? 'active' : 'decrypt-only'
    const tenantRef = tenantRefOf(tenant)
    return {
      keyId,
      tenant,
      tenantRef,
      purpose,
      version: i + 1,
      state,
      activeRef: state === 'active' ? activeRefOf(tenantRef, purpose) : null,
      kekUri: kms.defaultKek,
      wrapped: Uint8Array.of(1),
      prevWrapped: null,
      kcv: Buffer.from(kcv, 'hex'),
      contextVersion: 1,
      rev: 1,
      stateSince: new Date(0),
      createdAt: new Date(0),
    }
  })
  return createKeyring({ store: memoryKeyStore(rows), kms })
}
