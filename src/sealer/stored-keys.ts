import type { KeyNeeds } from '../keys/key-needs.js'
import { cellTextPrefix, keyIdOfCell, SUITE } from '../message/index.js'
import type { SealedField } from './catalog.js'

/**
 * Reads which key a stored value names: a reader for one batch, where most values name the key of the one before.
 * @throws PlaintextFoundError, MalformedCellError, UnknownFormatError
 */
export type KeyIdReader = (field: SealedField, stored: unknown) => string

export function createKeyIdReader(): KeyIdReader {
  let keyId: string | undefined
  let prefix = ''
  return (field, stored) => {
    const isText = typeof stored === 'string' && field.column !== 'Bytes'
    if (keyId !== undefined && isText && stored.startsWith(prefix)) return keyId
    const isCarried = isText || (field.column === 'Bytes' && stored instanceof Uint8Array)
    keyId = keyIdOfCell(isCarried ? stored : undefined, field.where)
    prefix = cellTextPrefix(SUITE, keyId)
    return keyId
  }
}

/** Gathers which keys stored values name, so that they can be warmed before anything is opened. */
export interface NamedKeys {
  /** @throws PlaintextFoundError, MalformedCellError, UnknownFormatError */
  add(field: SealedField, tenant: string, stored: unknown): void
  readonly needs: KeyNeeds['named']
}

export function createNamedKeys(): NamedKeys {
  const keyIdOf = createKeyIdReader()
  const needs: { tenant: string; keyId: string }[] = []
  const known = new Set<string>()
  let last: { readonly tenant: string; readonly keyId: string } | undefined
  return {
    needs,
    add(field, tenant, stored) {
      const keyId = keyIdOf(field, stored)
      if (last !== undefined && last.keyId === keyId && last.tenant === tenant) return
      last = { tenant, keyId }
      const name = `${keyId}${tenant}`
      if (known.has(name)) return
      known.add(name)
      needs.push(last)
    },
  }
}
