export type { BlindIndexName, EncryptedFieldName } from './field-names.js'
export { createRuntime, type FieldsealOptions, type Runtime } from './runtime.js'
export { type CallOptions, createFieldseal, type Fieldseal, serviceOf } from './service.js'
