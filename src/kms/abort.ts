import { type ErrorDetails, KmsCancelledError, type KmsError, KmsUnavailableError } from '../errors/index.js'

/**
 * The error of a call that an aborted signal ended: KmsUnavailableError if a deadline was behind it (the reason of
 * `AbortSignal.timeout()`, a `TimeoutError`, or one of this library's own), else KmsCancelledError.
 */
export function abortError(signal: AbortSignal, details: ErrorDetails): KmsError {
  const { reason }: { readonly reason: unknown } = signal
  const late = reason instanceof KmsUnavailableError || (reason instanceof Error && reason.name === 'TimeoutError')
  return late ? new KmsUnavailableError('timed out', details) : new KmsCancelledError(details)
}
