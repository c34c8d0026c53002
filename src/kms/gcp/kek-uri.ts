/** A KEK of Cloud KMS. */
export interface GcpKek {
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…` */
  readonly name: string
  readonly project: string
  readonly location: string
}

const SCHEME = 'gcp-kms://'
// Project ids of old domains hold a colon and dots: `example.com:app`.
const NAME =
  /^projects\/([a-z0-9][a-z0-9.:-]{0,80})\/locations\/([a-z0-9-]{1,63})\/keyRings\/[A-Za-z0-9_-]{1,63}\/cryptoKeys\/[A-Za-z0-9_-]{1,63}$/

/** The KEK that a URI `gcp-kms://projects/…` names; `undefined` if it names none. */
export function parseGcpKekUri(uri: string): GcpKek | undefined {
  return uri.startsWith(SCHEME) ? parseGcpKeyName(uri.slice(SCHEME.length)) : undefined
}

/** The KEK of a resource name. A key version is none: which one wraps is up to the key. */
export function parseGcpKeyName(name: string): GcpKek | undefined {
  const [, project, location] = NAME.exec(name) ?? []
  return project === undefined || location === undefined ? undefined : { name, project, location }
}
