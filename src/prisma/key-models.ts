/** Names of the models that the library adds to a schema. */
export const KEY_MODEL = 'FieldsealKey'
export const TENANT_MODEL = 'FieldsealTenant'
