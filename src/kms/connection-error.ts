import { type ErrorDetails, KmsConfigurationError, type KmsError, KmsUnavailableError } from '../errors/index.js'

/** Codes of OpenSSL and Node.js for a certificate that is not to be trusted, which no retry mends. */
const UNTRUSTED = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/

/**
 * The error of a request that got no reply.
 * @param code what Node.js calls the failure: `ECONNREFUSED`, `CERT_HAS_EXPIRED` …
 * @param trustOption the option that takes a certificate authority.
 */
export function connectionError(code: unknown, trustOption: string, details: ErrorDetails): KmsError {
  const known = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,59}$/.test(code) ? code : undefined
  if (known === undefined) return new KmsUnavailableError('no connection', details)
  if (!UNTRUSTED.test(known)) return new KmsUnavailableError(`no connection, ${known}`, details)
  return new KmsConfigurationError(
    `The certificate of the KMS is not trusted (${known}). Pass the certificate of its authority as ${trustOption}, or name it in NODE_EXTRA_CA_CERTS.`,
    details,
  )
}
