export type { ContextLimits } from './context/index.js'
export * from './errors/index.js'
export {
  type EvictionReason,
  type KeyCacheOptions,
  type KeyCacheScope,
  type KeyPurpose,
  type KeyReader,
  type KeyRow,
  type KeyState,
  type KeyStatistics,
  type KeyStore,
  type KeyTiming,
  type MemoryKeyStore,
  memoryKeyStore,
  type NewKeyRow,
  type TenantRecord,
  type TenantState,
} from './keys/index.js'
export type {
  DataKey,
  EncryptionContext,
  InspectableKms,
  KekDescription,
  KekRequest,
  Kms,
  KmsOperation,
  PermissionPolicy,
  RewrapRequest,
  UnwrapRequest,
  WrapRequest,
} from './kms/kms.js'
export { DEFAULT_RESILIENCE, type ResilienceOptions } from './kms/resilience/index.js'
export type * from './policy/policy.js'
export type { StoredCell } from './sealer/index.js'
export {
  type BlindIndexName,
  type CallOptions,
  createFieldseal,
  type EncryptedFieldName,
  type Fieldseal,
  type FieldsealOptions,
} from './service/index.js'
export { constraintStatements } from './sql/index.js'
