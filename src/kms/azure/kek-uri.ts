/** A key of a key vault or of a Managed HSM. */
export interface VaultKey {
  readonly kekUri: string
  /** Host of the vault, with its port if that is not 443. */
  readonly host: string
  readonly name: string
}

/** Azure's rules: a DNS name in lower case; 1 to 127 letters, digits and hyphens for the key. One spelling for each. */
const URI =
  /^azure-kv:\/\/((?=[^/]{1,255}\/)[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[1-9][0-9]{0,4})?)\/keys\/([0-9A-Za-z-]{1,127})$/

/** Reads `azure-kv://VAULT-HOST/keys/NAME`; `undefined` for anything else. */
export function parseVaultKey(kekUri: string): VaultKey | undefined {
  const [, host, name] = URI.exec(kekUri) ?? []
  return host === undefined || name === undefined ? undefined : { kekUri, host, name }
}

/** Versions of keys, as Azure makes them. */
export function isKeyVersion(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}

/** Whether the host is that of a Managed HSM, in any of Azure's clouds. Only these have symmetric keys. */
export function isManagedHsm({ host }: VaultKey): boolean {
  return /\.managedhsm\.(azure\.net|azure\.cn|usgovcloudapi\.net)$/.test(host)
}

/** The id that Azure gives a version of a key. */
export function keyIdOf({ host, name }: VaultKey, version: string): string {
  return `https://${host}/keys/${name}/${version}`
}
