import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { KmsConfigurationError } from '../../../errors/index.js'
import type { VaultAuth, VaultTls } from '../../vault/index.js'
import { given, type Recipe, type Settings } from '../recipe.js'

export const vaultRecipe: Recipe = {
  scheme: 'vault-transit',
  example: 'vault-transit://transit/app',
  options: {
    address: { kind: 'text', variables: ['VAULT_ADDR'] },
    namespace: { kind: 'text', variables: ['VAULT_NAMESPACE'] },
    token: { kind: 'text', variables: ['VAULT_TOKEN'] },
    tokenFile: { kind: 'text', variables: ['VAULT_TOKEN_FILE'] },
    roleId: { kind: 'text', variables: ['VAULT_ROLE_ID'] },
    secretId: { kind: 'text', variables: ['VAULT_SECRET_ID'] },
    secretIdFile: { kind: 'text', variables: ['VAULT_SECRET_ID_FILE'] },
    kubernetesRole: { kind: 'text', variables: ['VAULT_KUBERNETES_ROLE'] },
    authMount: { kind: 'text', variables: ['VAULT_AUTH_MOUNT'] },
    caFile: { kind: 'text', variables: ['VAULT_CACERT'] },
    certFile: { kind: 'text', variables: ['VAULT_CLIENT_CERT'] },
    keyFile: { kind: 'text', variables: ['VAULT_CLIENT_KEY'] },
    serverName: { kind: 'text', variables: ['VAULT_TLS_SERVER_NAME'] },
    allowPlainHttp: { kind: 'flag', variables: [] },
    mounts: { kind: 'list', variables: [] },
  },
  several: (settings) => settings.every((each) => each.list('mounts') !== undefined),
  async open(kek, settings) {
    const { vaultKms } = await import('../../vault/index.js')
    const problems: string[] = []
    const address = settings.text('address')
    if (address === undefined) {
      problems.push(
        `${settings.nameOf('address')} is not set: the URL of Vault, such as https://vault.example.com:8200.`,
      )
    }
    const auth = authOf(settings, problems)
    const tls = tlsOf(settings, problems)
    if (address === undefined || auth === undefined || problems.length > 0) throw new KmsConfigurationError(problems)
    return vaultKms({
      kek,
      address,
      auth,
      tls,
      ...given({ namespace: settings.text('namespace'), mounts: settings.list('mounts') }),
      allowPlainHttp: settings.flag('allowPlainHttp'),
    })
  },
}

const WAYS = ['token', 'tokenFile', 'roleId', 'kubernetesRole'] as const

/** Exactly one way to log in: which one is meant of several, nobody but the user knows. */
function authOf(settings: Settings, problems: string[]): VaultAuth | undefined {
  const ways = WAYS.filter((way) => settings.text(way) !== undefined)
  const names = (ways.length > 1 ? ways : WAYS).map((way) => settings.nameOf(way)).join(', ')
  const mount = given({ mount: settings.text('authMount') })
  const [way] = ways
  const value = way === undefined ? undefined : settings.text(way)
  if (way === undefined || value === undefined || ways.length > 1) {
    problems.push(
      ways.length > 1 ? `${names} are set: keep one way to log in to Vault.` : `One of ${names} must be set.`,
    )
    return undefined
  }
  if (way === 'token') return { method: 'token', token: value }
  if (way === 'tokenFile') return { method: 'token', token: fromFile(value) }
  if (way === 'kubernetesRole') return { method: 'kubernetes', role: value, ...mount }
  const [secretId, secretIdFile] = [settings.text('secretId'), settings.text('secretIdFile')]
  if (secretId !== undefined && secretIdFile !== undefined) {
    problems.push(`${settings.nameOf('secretId')} and ${settings.nameOf('secretIdFile')} are both set: keep one.`)
  }
  const secret = secretIdFile === undefined ? secretId : fromFile(secretIdFile)
  return { method: 'approle', roleId: value, ...given({ secretId: secret }), ...mount }
}

/** Read at each log-in: whoever keeps the file may have renewed it. */
const fromFile = (file: string) => async (): Promise<string> => (await readFile(file, 'utf8')).trim()

function tlsOf(settings: Settings, problems: string[]): VaultTls {
  const pem = (option: string): string | undefined => {
    const file = settings.text(option)
    if (file === undefined) return undefined
    try {
      return readFileSync(file, 'utf8')
    } catch {
      problems.push(`The file of ${settings.nameOf(option)}, ${file}, cannot be read.`)
      return undefined
    }
  }
  return given({
    ca: pem('caFile'),
    cert: pem('certFile'),
    key: pem('keyFile'),
    servername: settings.text('serverName'),
  })
}
