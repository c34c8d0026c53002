export { assertSealed } from './assert-sealed.js'
export { fieldseal, type PrismaFieldseal, type PrismaFieldsealOptions } from './extension.js'
export type { ColumnVerification, Verification, VerifyOptions } from './verify.js'
