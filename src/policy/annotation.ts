/** The annotations of this library; everything else that begins with `@` in a comment belongs to others. */
export const ANNOTATION_NAMES = ['encrypted', 'blindIndex', 'tenant'] as const
export type AnnotationName = (typeof ANNOTATION_NAMES)[number]

/** One `@name(args)` of a `///` comment, read but not yet judged. */
export interface Annotation {
  readonly name: AnnotationName
  readonly args: readonly AnnotationArgument[]
}

export interface AnnotationArgument {
  /** The word before the colon; null for an argument that has none. */
  readonly name: string | null
  readonly value: AnnotationValue
}

export type AnnotationValue =
  | { readonly kind: 'path'; readonly segments: readonly string[] }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'list'; readonly items: readonly AnnotationValue[] }

/** Whether `word` is one of ours, letter for letter. */
export function isAnnotationName(word: string): word is AnnotationName {
  return ANNOTATION_NAMES.some((name) => name === word)
}

/** The annotation as it is written in a schema; reading it gives the same annotation back. */
export function printAnnotation({ name, args }: Annotation): string {
  if (args.length === 0) return `@${name}`
  const printed = args.map((arg) =>
    arg.name === null ? printValue(arg.value) : `${arg.name}: ${printValue(arg.value)}`,
  )
  return `@${name}(${printed.join(', ')})`
}

/** One value of an annotation as it is written in a schema. */
export function printValue(value: AnnotationValue): string {
  switch (value.kind) {
    case 'path':
      return value.segments.join('.')
    case 'number':
    case 'string':
      return JSON.stringify(value.value)
    case 'list':
      return `[${value.items.map(printValue).join(', ')}]`
  }
}

/** The unnamed argument, if there is one. */
export function positional(annotation: Annotation): AnnotationValue | undefined {
  return annotation.args.find((arg) => arg.name === null)?.value
}

/** The argument of that name, if there is one. */
export function argument(annotation: Annotation, name: string): AnnotationValue | undefined {
  return annotation.args.find((arg) => arg.name === name)?.value
}
