import { KeyNotProvisionedError } from '../errors/index.js'
import type { KeyReader, WarmOptions } from '../keys/index.js'
import { type AnyClient, clientInTransaction, type InternalParams } from './internals.js'
import { prismaKeyReader } from './key-store.js'
import type { InTransaction } from './session-check.js'

/** A call as Prisma hands it to a query extension; `__internalParams` is there, but not in its types. */
export interface Call {
  readonly model: string
  readonly operation: string
  readonly args: unknown
  readonly query: (args: never) => Promise<unknown>
  readonly __internalParams?: InternalParams
}

/** A client that sees what the call will see; undefined if its transaction cannot be entered. */
export function clientInside(root: AnyClient, call: Call): AnyClient | undefined {
  const { client, isShared } = clientOutside(root, call)
  return isShared && call.__internalParams?.transaction?.kind === 'itx' ? undefined : client
}

/** A client that need not wait for the call's own transaction. */
export function clientOutside(root: AnyClient, { __internalParams: internals }: Call): InTransaction {
  const transaction = internals?.transaction
  const inner = transaction?.kind === 'itx' ? clientInTransaction(root, transaction) : undefined
  return { client: inner ?? root, isShared: inner === undefined }
}

/**
 * How keys are read inside an interactive transaction: through it, since any other connection might have to wait for
 * it. undefined outside one, or if the keys are kept elsewhere.
 */
export function transactionOf(
  { root, keepsKeys }: { readonly root: AnyClient; readonly keepsKeys: boolean },
  { __internalParams: internals }: Call,
): WarmOptions['transaction'] {
  const transaction = internals?.transaction
  if (!keepsKeys || transaction?.kind !== 'itx') return undefined
  const client = clientInTransaction(root, transaction)
  const reader = client === undefined ? undefined : prismaKeyReader(client)
  return { id: String(transaction.id), reader: reader ?? unreadable }
}

/** This Prisma gives no way to read inside its transaction: only keys warmed before it can be used. */
const unreadable: KeyReader = {
  load: async () => {
    throw new KeyNotProvisionedError('data')
  },
  find: async () => [],
}
