import { valueAt } from './tenant-path.js'

/** The relations a fluent call goes along: `["select", "client", "select", "notes"]` names `client` and `notes`. */
export function relationsAlong(dataPath: readonly string[] = []): string[] {
  return dataPath.filter((_, at) => at % 2 === 1)
}

/** What a fluent call answers, taken from the row it starts from: null if a row on the way is missing. */
export function relationAt(row: unknown, path: readonly string[]): unknown {
  return path.length === 0 ? row : (valueAt(row, path) ?? null)
}
