import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms'
import { KmsConfigurationError } from '../../errors/index.js'

export interface AwsConnection {
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
  readonly credentials?: KMSClientConfig['credentials']
  readonly requestHandler?: KMSClientConfig['requestHandler']
  readonly timeoutMs: number
}

/** Clients of the SDK, one for each region that is called. */
export interface AwsClients {
  /** @throws KmsConfigurationError if no region is given and the SDK finds none. */
  in(region: string | undefined): Promise<RegionalClient>
  destroy(): void
}

export interface RegionalClient {
  readonly region: string
  readonly client: KMSClient
}

export function awsClients(connection: AwsConnection): AwsClients {
  const clients = new Map<string | undefined, KMSClient>()
  return {
    async in(wanted) {
      const key = wanted ?? connection.region
      const client = clients.get(key) ?? createClient(key, connection)
      clients.set(key, client)
      return { client, region: await regionOf(client) }
    },
    destroy() {
      for (const client of clients.values()) client.destroy()
      clients.clear()
    },
  }
}

function createClient(region: string | undefined, connection: AwsConnection): KMSClient {
  const { endpoint, credentials, requestHandler, timeoutMs } = connection
  return new KMSClient({
    // Attempts are counted and spread by the caller: one call here is one request.
    maxAttempts: 1,
    requestHandler: requestHandler ?? { connectionTimeout: timeoutMs },
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    // The SDK writes into the object it is given.
    ...(credentials !== undefined && {
      credentials: typeof credentials === 'function' ? credentials : { ...credentials },
    }),
  })
}

async function regionOf(client: KMSClient): Promise<string> {
  try {
    return await client.config.region()
  } catch {
    throw new KmsConfigurationError(
      'awsKms() knows no region. Pass region, set AWS_REGION, or name the KEK by its ARN, which holds one.',
    )
  }
}
