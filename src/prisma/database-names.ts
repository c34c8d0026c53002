import { readSource } from '../policy/index.js'

/** Names of the database that a schema gives beside those of tables and columns. */
export interface DatabaseNames {
  /** Fields of unique indexes with a name of their own (`map: "…"`), by model and that name. */
  readonly uniques: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
}

/**
 * Reads them from the schema that the client carries within itself.
 * @param text undefined if the client shows none: then there are no such names.
 */
export function databaseNamesIn(text: string | undefined): DatabaseNames {
  const uniques = new Map<string, ReadonlyMap<string, readonly string[]>>()
  for (const { kind, name, fields, attributes } of readSource([{ path: 'schema.prisma', text: text ?? '' }]).blocks) {
    if (kind !== 'model') continue
    uniques.set(
      name,
      new Map([
        ...attributes.flatMap((attribute) => {
          const listed = /^@@unique\((?:\s*fields\s*:)?\s*\[([^\]]*)\]/.exec(attribute)?.[1] ?? ''
          return namedUnique(
            attribute,
            [...listed.matchAll(/(?:^|,)\s*(\w+)/g)].map(([, field = '']) => field),
          )
        }),
        ...fields.flatMap((field) => namedUnique(/@unique\([^)]*\)/.exec(field.attributes)?.[0] ?? '', [field.name])),
      ]),
    )
  }
  return { uniques }
}

function namedUnique(attribute: string, fields: readonly string[]): [name: string, fields: readonly string[]][] {
  const name = /^@@?unique\(.*\bmap\s*:\s*"([^"]+)"/s.exec(attribute)?.[1]
  return name === undefined ? [] : [[name, fields]]
}
