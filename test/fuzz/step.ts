import type { Args } from '../support/client-types.js'

/** One operation, said once for both clients: arguments may hold `Either` and `Made`. */
export interface Step {
  readonly model: string
  readonly operation: string
  readonly args: Args
  /** Whose context it runs in; undefined for none. */
  readonly tenant: string | undefined
  /** Relations called on the result: the fluent API. */
  readonly fluent?: readonly { readonly relation: string; readonly args: Args }[]
  /** fieldseal refuses it by design, by this rule and with this code; the plain client is not asked. */
  readonly refused?: { readonly rule: string; readonly code: string }
}

/** Operations of one tenant in one transaction. */
export interface Transaction {
  readonly form: 'array' | 'interactive'
  readonly tenant: string
  readonly steps: readonly Step[]
}

/** What both clients are given, one operation after the other. */
export interface Program {
  /** One tenant, or two in the same encrypted database. */
  readonly tenants: readonly string[]
  readonly steps: readonly (Step | Transaction)[]
}

export function isTransaction(one: Step | Transaction): one is Transaction {
  return 'form' in one
}

/** Every operation of a program, those in transactions too. */
export function operationsOf({ steps }: Pick<Program, 'steps'>): Step[] {
  return steps.flatMap((one) => (isTransaction(one) ? one.steps : [one]))
}
