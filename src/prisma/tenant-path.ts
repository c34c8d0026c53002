/** `{ client: { select: { firmId: true } } }` for the path `client.firmId`. */
export function selectionOf([head, ...rest]: readonly string[]): Record<string, unknown> {
  if (head === undefined) return {}
  return { [head]: rest.length === 0 ? true : { select: selectionOf(rest) } }
}

/** The value at the end of a path through a row and the rows in it; undefined if one of them is missing. */
export function valueAt(row: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined),
    row,
  )
}
