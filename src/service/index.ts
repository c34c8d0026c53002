export type { BlindIndexName, EncryptedFieldName } from './field-names.js'
export { type CallOptions, createFieldseal, type Fieldseal, type FieldsealOptions } from './service.js'
