/** A key of a transit engine. */
export interface TransitKey {
  readonly kekUri: string
  /** Path the engine is mounted at, without slashes around it: `transit`, `team/transit`. */
  readonly mount: string
  readonly name: string
}

/** Vault's rule for the name of a key: letters, digits, `_`, and inside also `-` and `.`. A mount has parts of the same. */
const PART = /^\w(?:[\w.-]*\w)?$/

/** Whether the text is parts with slashes between; no part can be `..` or hold what a URL gives a meaning to. */
export function isPath(text: string): boolean {
  return text.length <= 500 && text.split('/').every((part) => PART.test(part))
}

/** Reads `vault-transit://MOUNT/KEY`; `undefined` for anything else. A mount may have several parts. */
export function parseTransitKey(kekUri: string): TransitKey | undefined {
  const scheme = 'vault-transit://'
  if (!kekUri.startsWith(scheme)) return undefined
  const path = kekUri.slice(scheme.length)
  const end = path.lastIndexOf('/')
  return end > 0 && isPath(path) ? { kekUri, mount: path.slice(0, end), name: path.slice(end + 1) } : undefined
}
