import type { KmsPermissions, PermissionPolicy } from '../kms.js'
import type { TransitKey } from './kek-uri.js'

const rule = (path: string, capability: 'read' | 'update'): string =>
  `path "${path}" { capabilities = ["${capability}"] }`

/** What each operation needs, as lines of a Vault policy. */
export function permissionsOf({ mount, name }: TransitKey): KmsPermissions {
  const of = (path: string): string => rule(`${mount}/${path}/${name}`, 'update')
  const read = rule(`${mount}/keys/${name}`, 'read')
  const [decrypt, encrypt, rewrap] = [of('decrypt'), of('encrypt'), of('rewrap')]
  return {
    generateDataKey: [read, of('datakey/plaintext')],
    unwrap: [read, decrypt],
    rewrap: [read, rewrap, decrypt, encrypt],
    describe: [read],
  }
}

/**
 * The least the KEKs need. `update` alone: with `create`, Vault would make a key that is not there, and one that is not
 * derived.
 */
export function policyOf(keys: readonly TransitKey[]): PermissionPolicy {
  const lines = keys.flatMap((key) => [
    `# Data keys under ${key.kekUri}`,
    ...new Set(Object.values(permissionsOf(key)).flat()),
    '',
  ])
  const own = [
    '# The token itself: whether it is alive, and its renewal',
    rule('auth/token/lookup-self', 'read'),
    rule('auth/token/renew-self', 'update'),
    '',
  ]
  return { kind: 'Vault policy', text: [...lines, ...own].join('\n') }
}
