import type { EncryptionPolicy } from '../policy/policy.js'

type ScalarsWith<P extends EncryptionPolicy, Mark extends 'encrypted' | 'blindIndex'> = string extends keyof P['models']
  ? string
  : {
      [M in keyof P['models'] & string]: {
        [F in keyof P['models'][M]['fields'] & string]: P['models'][M]['fields'][F] extends {
          readonly [mark in Mark]: object
        }
          ? `${M}.${F}`
          : never
      }[keyof P['models'][M]['fields'] & string]
    }[keyof P['models'] & string]

/** `Model.field` of every encrypted field of a policy; any string if the policy's type is not known. */
export type EncryptedFieldName<P extends EncryptionPolicy> = ScalarsWith<P, 'encrypted'>

/** `Model.column` of every blind index of a policy. */
export type BlindIndexName<P extends EncryptionPolicy> = ScalarsWith<P, 'blindIndex'>
