export * from './core.js'
export {
  assertSealed,
  type ColumnVerification,
  fieldseal,
  type OpenOptions,
  type PrismaFieldseal,
  type PrismaFieldsealOptions,
  type Verification,
  type VerifyOptions,
} from './prisma/index.js'
