export { type KmsCall, type KmsFault, type MemoryKms, type MemoryKmsOptions, memoryKms } from './memory-kms.js'
