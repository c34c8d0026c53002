export type { MemoryKekState, MemoryKmsControl } from './kms-control.js'
export { KMS_FAULTS, type KmsFault, type KmsFaultKind, type KmsFaultScope } from './kms-fault.js'
export { type MemoryKms, type MemoryKmsOptions, memoryKms } from './memory-kms.js'
