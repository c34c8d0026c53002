import type { AzureCredential } from './options.js'

/** The credential got no token. What it threw is not kept: errors of `@azure/identity` quote replies and settings. */
export class CredentialFailure extends Error {
  /** @param passing whether it may succeed later by itself. */
  constructor(readonly passing: boolean) {
    super('the credential got no token')
  }
}

/** The credential, with an error of ours for each of its own. */
export function guardedCredential(credential: AzureCredential): AzureCredential {
  return {
    async getToken(scopes, options) {
      const token = await ask(() => credential.getToken(scopes, options))
      if (token === null) throw new CredentialFailure(false)
      return token
    },
  }
}

/** A credential may throw before it returns a promise. */
async function ask<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { statusCode, code }: { readonly statusCode?: unknown; readonly code?: unknown } = Object(error)
    const busy = typeof statusCode === 'number' && (statusCode === 429 || statusCode >= 500)
    const unreachable = statusCode === undefined && typeof code === 'string' && /^E[A-Z]+$/.test(code)
    throw new CredentialFailure(busy || unreachable)
  }
}
