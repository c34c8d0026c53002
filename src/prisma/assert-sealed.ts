import { UnsupportedOperationError } from '../errors/index.js'

/**
 * Refuses a client that was not extended with fieldseal: the result of `$extends` was dropped, or a module imports the
 * base client. Call it where a client is handed in: at start-up, in a repository's constructor.
 * @throws UnsupportedOperationError
 * @example assertSealed(prisma)
 */
export function assertSealed(client: unknown): void {
  if (isSealed(client)) return
  throw new UnsupportedOperationError(
    'this Prisma client is not extended with fieldseal and would store plaintext',
    'Use the client that $extends(fieldseal(...)) returns',
  )
}

/** Whether a client was extended with fieldseal. */
export function isSealed(client: unknown): boolean {
  const service: unknown = typeof client === 'object' && client !== null ? Reflect.get(client, '$fieldseal') : undefined
  return typeof service === 'object' && service !== null && typeof Reflect.get(service, 'withTenant') === 'function'
}
