import { decodeValue, encodeValue, type ValueType } from '../../src/codecs/index.js'
import type { LogicalType } from '../../src/policy/policy.js'

/** A place for errors to name. */
export const where = { model: 'Client', field: 'value' } as const

export function one(type: LogicalType): ValueType {
  return { type, list: false }
}

export function listOf(type: LogicalType): ValueType {
  return { type, list: true }
}

/** What comes back after a value was turned into bytes. */
export function roundTrip(type: ValueType, value: unknown): unknown {
  return decodeValue(type, encodeValue(type, value, where), where)
}
