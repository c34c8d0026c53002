import type { Groups } from './group-by.js'
import type { Arguments, Lookup, Planning } from './planning.js'
import { type GlobalOmit, planSelection, type Selection, selectColumn } from './selection.js'
import type { ModelShape } from './shape.js'

/** What an operation is called on. */
export interface Subject {
  readonly planning: Planning
  readonly shape: ModelShape
  readonly omitted: GlobalOmit
}

/** An operation's arguments, planned, and what to do with its answer. */
export interface Planned {
  readonly args: Arguments
  readonly selection?: Selection | undefined
  readonly lookups?: readonly Lookup[]
  readonly groups?: Groups | undefined
}

export type OperationPlanner = (subject: Subject, args: Arguments) => Planned

/** An operation that answers with rows. */
export function returning({ planning, shape, omitted }: Subject, args: Arguments): Planned {
  return planSelection(planning, shape, args, omitted)
}

/** An operation that answers with one row, which comes with what its look-ups are checked by, whatever is selected. */
export function returningChecked(subject: Subject, args: Arguments, lookups: readonly Lookup[]): Planned {
  const { planning, shape, omitted } = subject
  const node = planSelection(planning, shape, args, omitted)
  const { selection } = node
  const planned = lookups
    .flatMap(({ fields }) => fields)
    .reduce((current, field) => selectColumn(shape, { args: current, selection }, field, omitted), node.args)
  return { args: planned, selection, lookups }
}
