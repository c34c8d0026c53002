import { KmsConfigurationError } from '../../errors/index.js'
import type { AzureCredential } from './options.js'

/** Not a literal, so that the package is looked for when it is needed, and by nothing before. */
const IDENTITY: string = '@azure/identity'

/**
 * `DefaultAzureCredential` of `@azure/identity`, which reads the `AZURE_…` variables and finds managed identities. Only
 * configurations that are plain data need it; in code, any credential will do.
 * @throws KmsConfigurationError if the package is not installed.
 */
export async function defaultAzureCredential(): Promise<AzureCredential> {
  const found: { readonly DefaultAzureCredential?: unknown } = await import(IDENTITY).catch(() => ({}))
  const credential = made(found.DefaultAzureCredential)
  if (isCredential(credential)) return credential
  throw new KmsConfigurationError(
    `Signing in to Azure needs the package ${IDENTITY}, which is not installed. Run "npm install ${IDENTITY}" (on Node.js 20: ${IDENTITY}@4.10), or make the provider in code, with a credential of your own.`,
  )
}

function made(credential: unknown): unknown {
  return typeof credential === 'function' ? Reflect.construct(credential, []) : undefined
}

function isCredential(value: unknown): value is AzureCredential {
  return typeof value === 'object' && value !== null && 'getToken' in value && typeof value.getToken === 'function'
}
