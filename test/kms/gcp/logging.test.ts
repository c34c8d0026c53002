import { inspect } from 'node:util'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { EncryptionContext } from '../../../src/kms/kms.js'
import { secretsShownBy } from '../../support/core/secrets.js'

// The SDK asks for it once.
vi.stubEnv('GOOGLE_SDK_NODE_LOGGING', 'all')
const { openGcpWorld } = await import('../../support/kms-servers/gcp-world.js')
const { gcpKms, server, client, close } = await openGcpWorld()
const { KeyManagementServiceClient } = await import('@google-cloud/kms')
afterAll(close)

const context: EncryptionContext = {
  app: 'fieldseal',
  tenant: 'firm_1',
  purpose: 'data',
  keyId: 'k00000000001',
  v: '1',
}

/** What is printed while `work` is done. */
async function printedBy(work: () => Promise<unknown>): Promise<string> {
  const printed: string[] = []
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => printed.push(String(chunk)) > 0)
  }
  for (const method of ['log', 'info', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...parts) => void printed.push(inspect(parts)))
  }
  await work()
  vi.restoreAllMocks()
  return printed.join('\n')
}

describe('the logging of the Google Cloud SDK', () => {
  it('prints data keys when its own methods are called', async () => {
    const sdk = new KeyManagementServiceClient(client)
    const plaintext = Buffer.alloc(32, 'a secret ')
    const printed = await printedBy(() => sdk.encrypt({ name: server.createKey(), plaintext }))
    await sdk.close()
    expect(printed).toContain('encrypt request')
    expect(printed.replace(/\s/g, '')).toContain([...plaintext].join(','))
  })

  it('prints none when the provider calls', async () => {
    const key = server.createKey()
    const kms = gcpKms({ key, client })
    const dataKeys = new Map<string, Uint8Array>()
    const printed = await printedBy(async () => {
      const { plaintext, wrapped } = await kms.generateDataKey({ kekUri: kms.defaultKek, context })
      dataKeys.set('the data key', plaintext)
      await kms.unwrap({ kekUri: kms.defaultKek, context, wrapped })
      await kms.rewrap({ kekUri: kms.defaultKek, context, wrapped, toKekUri: kms.defaultKek })
    })
    kms.dispose?.()
    expect(dataKeys.size).toBe(1)
    expect(secretsShownBy(printed, dataKeys)).toEqual([])
    expect(printed).not.toContain('encrypt request')
  })
})
