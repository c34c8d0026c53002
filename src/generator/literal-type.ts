/**
 * The type of a constant as TypeScript would infer it from `as const`, for a declaration file.
 * @param value plain data: objects, arrays, text, numbers, booleans, null.
 */
export function literalType(value: unknown, indent = ''): string {
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return 'readonly []'
    return `readonly [\n${value.map((item) => `${inner}${literalType(item, inner)},\n`).join('')}${indent}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, content]) => content !== undefined)
  if (entries.length === 0) return '{}'
  const lines = entries.map(
    ([name, content]) => `${inner}readonly ${JSON.stringify(name)}: ${literalType(content, inner)}\n`,
  )
  return `{\n${lines.join('')}${indent}}`
}
