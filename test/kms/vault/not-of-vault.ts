import type { Unsupported } from '../conformance/suite.js'

/** What neither Vault nor OpenBao has. */
export const NOT_OF_VAULT: Unsupported = {
  'scheduling deletion': 'Vault deletes a key at once',
  'request ids': 'Vault gives the id of a request in successful replies only',
  'wrong checksum': 'its replies carry no checksum of their own; TLS guards them',
  'answered with another KEK': 'its replies to cryptographic requests do not name the KEK; a wrong one does not unwrap',
}
