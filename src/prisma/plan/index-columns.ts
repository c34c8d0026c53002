import { ReservedFieldError } from '../../errors/index.js'
import { type Arguments, isArguments, isGiven, type Planning } from './planning.js'
import type { ModelShape } from './shape.js'

/**
 * A copy of a node's arguments that selects no index column, but for those that are exposed.
 * @throws ReservedFieldError if one is asked for by name.
 */
export function leaveOutIndexes(planning: Planning, shape: ModelShape, args: Arguments): Arguments {
  const { select, omit } = args
  const hidden = [...shape.hidden]
  const isOmitting = isArguments(omit)
  // Prisma refuses any other value.
  if (hidden.length === 0 || (!isOmitting && omit !== null && isGiven(omit))) return { ...args }
  for (const column of hidden) {
    const isSelected = isArguments(select) && isGiven(select[column]) && select[column] !== false
    if (isSelected || (isOmitting && omit[column] === false)) throw reserved(planning, shape, column)
  }
  if (select !== null && isGiven(select)) return { ...args }
  const { select: _, ...others } = args
  return { ...others, omit: { ...(isOmitting ? omit : {}), ...Object.fromEntries(hidden.map((name) => [name, true])) } }
}

function reserved({ operation }: Planning, { name, indexes }: ModelShape, column: string): ReservedFieldError {
  const source = indexes.get(column)?.index.parts.map(({ field }) => field) ?? []
  return new ReservedFieldError(
    source.join(', '),
    { model: name, field: column, operation },
    `Select ${source.join(' and ')} instead, or say expose: true in its @blindIndex`,
  )
}
