import { type AnnotationValue, printValue } from './annotation.js'
import type { CellContent } from './logical-type.js'
import type { NamedType } from './policy.js'
import type { Report } from './problem.js'

const NAMED_TYPE = /^import\((?:'([^'"\\\s]+)'|"([^'"\\\s]+)")\)\.([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)$/

/** Reads `ts: "import('../types').Intake"`, the TypeScript type that a Json field's values have. */
export function readNamedType(
  value: AnnotationValue | undefined,
  { type }: CellContent,
  report: Report,
): NamedType | undefined {
  if (value === undefined) return undefined
  if (type !== 'Json') {
    report(`"ts" names the type of Json values; those of type ${type} have one already. Remove it.`)
    return undefined
  }
  const [, single, double, name] = (value.kind === 'string' ? NAMED_TYPE.exec(value.value) : null) ?? []
  const module = single ?? double
  if (module !== undefined && name !== undefined) return { module, name }
  report(
    `"ts: ${printValue(value)}" is not possible. Name an exported type and its module, ` +
      `relative to the schema's file: ts: "import('../types').Intake".`,
  )
  return undefined
}
