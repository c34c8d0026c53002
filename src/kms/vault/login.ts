import { readFile } from 'node:fs/promises'
import { type ErrorDetails, KmsAccessDeniedError, KmsConfigurationError } from '../../errors/index.js'
import type { AppRoleAuth, KubernetesAuth, VaultAuth } from './options.js'
import { answerOf, type Members } from './reply.js'
import type { VaultReply } from './transport.js'

/** Where Kubernetes mounts the token of a pod's service account. */
const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** A client token, and how long Vault said it lives. */
export interface ClientToken {
  readonly value: string
  /** Milliseconds; 0 for one that does not end, or of which nothing is known. */
  readonly leaseMs: number
  readonly renewable: boolean
}

/** Sends a request without a token. */
export type SendLogin = (path: string, body: Members) => Promise<VaultReply>

/**
 * Gets a client token.
 * @throws KmsAccessDeniedError if Vault refuses the credentials; KmsConfigurationError if they cannot be read.
 */
export async function logIn(auth: VaultAuth, send: SendLogin, details: ErrorDetails): Promise<ClientToken> {
  if (auth.method === 'token') return givenToken(auth.token)
  const reply = await send(`auth/${auth.mount ?? auth.method}/login`, await credentialsOf(auth))
  if (reply.status === 400 || reply.status === 403) {
    throw new KmsAccessDeniedError(
      details,
      `Vault refuses the log-in by ${auth.method}: check its role and credentials`,
    )
  }
  return tokenOf(answerOf(reply, 'auth', details).data)
}

/** Reads the `auth` of a log-in or a renewal. */
export function tokenOf(auth: Members): ClientToken {
  const { client_token: value, lease_duration: seconds, renewable } = auth
  if (typeof value !== 'string' || value === '' || typeof seconds !== 'number') {
    throw new KmsConfigurationError(
      'Vault answered the log-in without a token of its own. The method may ask for a second factor, which a service cannot give.',
    )
  }
  return { value, leaseMs: seconds * 1000, renewable: renewable === true }
}

async function givenToken(token: string | (() => string | Promise<string>)): Promise<ClientToken> {
  const value = (await given(token, 'token')).trim()
  if (!/^[\x21-\x7e]+$/.test(value)) throw new KmsConfigurationError('The token function of vaultKms() gave no token.')
  return { value, leaseMs: 0, renewable: typeof token === 'string' }
}

async function credentialsOf(auth: AppRoleAuth | KubernetesAuth): Promise<Members> {
  if (auth.method === 'approle') {
    const { roleId, secretId } = auth
    return { role_id: roleId, ...(secretId === undefined ? {} : { secret_id: await given(secretId, 'secretId') }) }
  }
  const file = auth.jwtFile ?? POD_TOKEN
  const jwt = await readFile(file, 'utf8').catch(() => {
    throw new KmsConfigurationError(
      `The token file ${file} cannot be read. In Kubernetes it comes with a service account; elsewhere set jwtFile, or use another auth.`,
    )
  })
  return { role: auth.role, jwt: jwt.trim() }
}

async function given(source: string | (() => string | Promise<string>), what: string): Promise<string> {
  if (typeof source === 'string') return source
  try {
    return await source()
  } catch {
    // What the function threw may quote what it read.
    throw new KmsConfigurationError(`The ${what} function of vaultKms() failed.`)
  }
}
