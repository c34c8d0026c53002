import type { Buffer } from 'node:buffer'
import { isIP } from 'node:net'
import { KmsConfigurationError } from '../../errors/index.js'
import { isPath, parseTransitKey, type TransitKey } from './kek-uri.js'

/** How to show who is asking. */
export type VaultAuth = TokenAuth | AppRoleAuth | KubernetesAuth

/** A token made elsewhere. */
export interface TokenAuth {
  readonly method: 'token'
  /**
   * The token, which is renewed in the background as long as Vault allows it; or a function that gives it, called at
   * first and whenever Vault no longer takes the last one: for a file that Vault Agent keeps.
   */
  readonly token: string | (() => string | Promise<string>)
}

/** Log-in with AppRole: https://developer.hashicorp.com/vault/docs/auth/approle */
export interface AppRoleAuth {
  readonly method: 'approle'
  readonly roleId: string
  /** The secret id, or a function that gives it, called at each log-in. None for roles that bind none. */
  readonly secretId?: string | (() => string | Promise<string>)
  /** Where the method is mounted below `auth/`; default `approle`. */
  readonly mount?: string
}

/** Log-in with the service account of a Kubernetes pod, or with any JWT by the `jwt` method. */
export interface KubernetesAuth {
  readonly method: 'kubernetes'
  readonly role: string
  /** File that holds the pod's token, read at each log-in; default: where Kubernetes puts it. */
  readonly jwtFile?: string
  /** Where the method is mounted below `auth/`; default `kubernetes`. */
  readonly mount?: string
}

/** Certificates, as `node:tls` takes them. PEM text or its bytes. */
export interface VaultTls {
  /** Authorities to trust instead of Node's own. */
  readonly ca?: string | Buffer
  /** Client certificate, for a listener that asks for one. */
  readonly cert?: string | Buffer
  /** Private key of `cert`. */
  readonly key?: string | Buffer
  /** Host name to expect in the server's certificate; default: that of the address. */
  readonly servername?: string
}

export interface VaultKmsOptions {
  /** URL of Vault or OpenBao, as in `VAULT_ADDR`: `https://vault.example.com:8200`. */
  readonly address: string
  /** KEK for tenants without one of their own: `vault-transit://MOUNT/KEY`. */
  readonly kek: string
  readonly auth: VaultAuth
  /** Mounts whose KEKs it serves, where several `vaultKms()` share the work: a KEK URI names no server. Default: every mount. */
  readonly mounts?: readonly string[]
  /** Namespace of all KEKs and of the log-in. */
  readonly namespace?: string
  readonly tls?: VaultTls
  /** Milliseconds after which one call is given up; default 5000. */
  readonly timeoutMs?: number
  /** Allows `http:` to a host other than this one, where something else encrypts the way. Default false. */
  readonly allowPlainHttp?: boolean
}

export interface VaultSettings {
  readonly address: URL
  readonly kek: TransitKey
  readonly mounts: readonly string[] | undefined
  readonly auth: VaultAuth
  readonly namespace: string | undefined
  readonly tls: VaultTls
  readonly timeoutMs: number
}

/** @throws KmsConfigurationError */
export function readOptions(options: VaultKmsOptions): VaultSettings {
  const { namespace, mounts, tls = {}, timeoutMs = 5000, auth } = options
  const kek = parseTransitKey(options.kek)
  if (kek === undefined) {
    throw new KmsConfigurationError(
      'vaultKms() needs kek as vault-transit://MOUNT/KEY, with letters, digits, "_", "-" and "." in each part.',
    )
  }
  if (namespace !== undefined && !isPath(namespace.replace(/\/$/, ''))) {
    throw new KmsConfigurationError('The namespace of vaultKms() must be a path such as "team" or "team/project".')
  }
  if (mounts?.every(isPath) === false) {
    throw new KmsConfigurationError(
      'mounts of vaultKms() must be paths such as "transit" or "team/transit", without slashes around them.',
    )
  }
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1) {
    throw new KmsConfigurationError('timeoutMs of vaultKms() must be a whole number of milliseconds above 0.')
  }
  requireAuth(auth)
  return { address: readAddress(options), kek, mounts, auth, namespace, tls, timeoutMs }
}

function readAddress({ address, allowPlainHttp }: VaultKmsOptions): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !['https:', 'http:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw new KmsConfigurationError(
      'The address of vaultKms() must be a URL such as https://vault.example.com:8200, without credentials.',
    )
  }
  if (url.protocol === 'http:' && allowPlainHttp !== true && !isLoopback(url.hostname)) {
    throw new KmsConfigurationError(
      `vaultKms() refuses plain HTTP to ${url.host}: data keys and the token would cross the network in the clear. Use https, or pass allowPlainHttp: true if something else encrypts the way.`,
    )
  }
  return url
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
}

function requireAuth(auth: VaultAuth): void {
  const missing = (what: string): never => {
    throw new KmsConfigurationError(`auth of vaultKms() has no ${what}.`)
  }
  const given = (value: unknown): boolean => typeof value === 'function' || (typeof value === 'string' && value !== '')
  switch (auth.method) {
    case 'token':
      if (!given(auth.token)) missing('token')
      // A header takes no other characters, and the error that says so would quote the token.
      if (typeof auth.token === 'string' && !/^[\x21-\x7e]+$/.test(auth.token)) missing('well-formed token')
      return
    case 'approle':
      if (!given(auth.roleId)) missing('roleId')
      if (auth.secretId !== undefined && !given(auth.secretId)) missing('secretId')
      break
    case 'kubernetes':
      if (!given(auth.role)) missing('role')
      break
    default:
      missing('method: "token", "approle" or "kubernetes"')
  }
  if (auth.mount !== undefined && !isPath(auth.mount)) missing('mount such as "approle"')
}
