import { Buffer } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import { constants, createServer } from 'node:http2'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import {
  KekUnavailableError,
  KmsAccessDeniedError,
  KmsCancelledError,
  KmsConfigurationError,
  KmsReplyError,
  KmsRequestError,
  KmsUnavailableError,
  UnknownKekError,
  UnwrapFailedError,
} from '../../../src/errors/index.js'
import { encryptionContextBytes } from '../../../src/kms/context-bytes.js'
import { crc32c } from '../../../src/kms/gcp/crc32c.js'
import type { GcpKmsOptions } from '../../../src/kms/gcp/index.js'
import type { EncryptionContext, InspectableKms } from '../../../src/kms/kms.js'
import { thrownBy } from '../../support/core/expect-error.js'
import { secretsShownBy } from '../../support/core/secrets.js'
import { temporaryFolder } from '../../support/core/temporary-folder.js'
import { makeCertificate } from '../../support/kms-servers/certificate.js'
import { bytesField, listenGrpc, varintField, violation } from '../../support/kms-servers/gcp-wire.js'
import { openGcpWorld } from '../../support/kms-servers/gcp-world.js'

const { gcpKms, server, client, secrets, close } = await openGcpWorld()
const open: InspectableKms[] = []
afterEach(() => {
  server.answer(undefined)
  server.tamper(undefined)
  for (const kms of open.splice(0)) kms.dispose?.()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})
afterAll(close)

const NAME = 'projects/acme/locations/europe-west3/keyRings/app/cryptoKeys/fieldseal'
const context: EncryptionContext = {
  app: 'fieldseal',
  tenant: 'firm_1',
  purpose: 'data',
  keyId: 'k00000000001',
  v: '1',
}

function kmsFor(key: string, more: Partial<GcpKmsOptions> = {}): InspectableKms {
  const kms = gcpKms({ key, client, ...more })
  open.push(kms)
  return kms
}

const uriOf = (name: string): string => `gcp-kms://${name}`

describe('KEK URIs of Google Cloud', () => {
  it.each([[NAME], ['projects/example.com:app-1/locations/global/keyRings/R_1/cryptoKeys/K-1']])(
    'are served, and may be given as they are or as URIs: %s',
    (key) => {
      expect(kmsFor(key).defaultKek).toBe(uriOf(key))
      expect(kmsFor(uriOf(key)).defaultKek).toBe(uriOf(key))
      expect(kmsFor(NAME).serves(uriOf(key))).toBe(true)
    },
  )

  it.each([
    [''],
    ['fieldseal'],
    [`${NAME}/cryptoKeyVersions/1`],
    [`${NAME}/`],
    [`${NAME} `],
    [NAME.replace('projects/', '')],
    [NAME.replace('acme', '..')],
    ['aws-kms://alias/app'],
  ])('that name no key are refused: %j', (key) => {
    expect(() => kmsFor(key)).toThrow(KmsConfigurationError)
    expect(kmsFor(NAME).serves(uriOf(key))).toBe(false)
  })

  it('of other projects are left to another provider, where projects are given', async () => {
    const kms = kmsFor(NAME, { projects: ['theirs'] })
    const [theirs, others] = [NAME.replace('acme', 'theirs'), NAME.replace('acme', 'others')].map(uriOf)
    expect([kms.serves(uriOf(NAME)), kms.serves(String(theirs)), kms.serves(String(others))]).toEqual([
      true,
      true,
      false,
    ])
    await thrownBy(UnknownKekError, () => kms.generateDataKey({ kekUri: String(others), context }))
    expect(() => kms.policyFor([String(others)])).toThrow(UnknownKekError)
  })
})

describe('requests of the Google Cloud provider', () => {
  it('carry the encryption context and the checksums of all they send', async () => {
    const key = server.createKey()
    const kms = kmsFor(key)
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri: uriOf(key), context })
    const aad = encryptionContextBytes(context)
    expect(server.lastInput()).toEqual({
      name: key,
      plaintext,
      plaintextCrc32c: { value: crc32c(plaintext) },
      additionalAuthenticatedData: aad,
      additionalAuthenticatedDataCrc32c: { value: crc32c(aad) },
    })
    await kms.unwrap({ kekUri: uriOf(key), context, wrapped })
    expect(server.lastInput()).toEqual({
      name: key,
      ciphertext: Buffer.from(wrapped),
      ciphertextCrc32c: { value: crc32c(wrapped) },
      additionalAuthenticatedData: aad,
      additionalAuthenticatedDataCrc32c: { value: crc32c(aad) },
    })
    expect(server.calls.at(-1)?.headers['x-goog-request-params']).toBe(`name=${encodeURIComponent(key)}`)
  })

  it('wrap with the newest version of the key, and still open what older ones wrapped', async () => {
    const key = server.createKey()
    const kms = kmsFor(key)
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri: uriOf(key), context })
    server.rotate(key)
    expect(Buffer.from(plaintext).equals(await kms.unwrap({ kekUri: uriOf(key), context, wrapped }))).toBe(true)
    const rewrapped = await kms.rewrap({ kekUri: uriOf(key), toKekUri: uriOf(key), context, wrapped })
    // The test server puts the version into the second byte.
    expect([wrapped[1], rewrapped[1]]).toEqual([1, 2])
    expect((await kms.describe({ kekUri: uriOf(key) })).facts).toMatchObject({ 'key version': '2' })
  })

  it('are ended on the wire, too, when their caller gives up', async () => {
    const kms = kmsFor(server.createKey())
    await kms.describe({ kekUri: kms.defaultKek })
    await server.fault('hang')
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    const request = { kekUri: kms.defaultKek, context, signal: controller.signal }
    await thrownBy(KmsCancelledError, () => kms.generateDataKey(request))
    await expect.poll(() => server.calls.at(-1)?.stream.rstCode).toBe(constants.NGHTTP2_CANCEL)
    await server.fault(undefined)
  })

  it('tell which of two keys an error is about', async () => {
    const [key, other] = [server.createKey(), server.createKey()]
    const kms = kmsFor(key)
    const { wrapped } = await kms.generateDataKey({ kekUri: uriOf(key), context })
    server.setState(other, 'DISABLED')
    const error = await thrownBy(KekUnavailableError, () =>
      kms.rewrap({ kekUri: uriOf(key), toKekUri: uriOf(other), context, wrapped }),
    )
    expect(error).toMatchObject({ kekUri: uriOf(other), reason: 'disabled' })
  })
})

describe('credentials for Google Cloud', () => {
  const withoutCredentials = { apiEndpoint: 'localhost', port: client.port, projectId: 'acme' }

  it('that were not to be had are looked for again at the next call', async () => {
    const file = join(temporaryFolder(), 'credentials.json')
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file)
    const key = server.createKey()
    const kms = kmsFor(key, { client: withoutCredentials })
    const error = await thrownBy(KmsUnavailableError, () => kms.generateDataKey({ kekUri: uriOf(key), context }))
    expect(error.message).toContain('no Google Cloud credentials')
    writeFileSync(file, JSON.stringify({ type: 'service_account', project_id: 'acme', ...client.credentials }))
    await expect(kms.generateDataKey({ kekUri: uriOf(key), context })).resolves.toBeDefined()
  })

  it('that the KMS does not know are a matter of access', async () => {
    const key = server.createKey()
    const credentials = { ...client.credentials, client_email: 'somebody@acme.iam.gserviceaccount.com' }
    const kms = kmsFor(key, { client: { ...client, credentials } })
    const error = await thrownBy(KmsAccessDeniedError, () => kms.generateDataKey({ kekUri: uriOf(key), context }))
    expect(error.message).toContain('UNAUTHENTICATED')
  })

  it('are shown to nobody who inspects the provider', async () => {
    const key = server.createKey()
    const kms = kmsFor(key)
    await kms.generateDataKey({ kekUri: uriOf(key), context })
    expect(secretsShownBy(kms, secrets)).toEqual([])
  })
})

describe('a status of Google Cloud KMS', () => {
  it.each([
    [1, 'CANCELLED', KmsUnavailableError, 'CANCELLED'],
    [2, 'UNKNOWN', KmsUnavailableError, 'UNKNOWN'],
    [3, 'INVALID_ARGUMENT', UnwrapFailedError, 'could not unwrap'],
    [4, 'DEADLINE_EXCEEDED', KmsUnavailableError, 'timed out'],
    [5, 'NOT_FOUND', KekUnavailableError, 'not found'],
    [7, 'PERMISSION_DENIED', KmsAccessDeniedError, 'IAM'],
    [8, 'RESOURCE_EXHAUSTED', KmsUnavailableError, 'throttled'],
    [9, 'FAILED_PRECONDITION', KekUnavailableError, 'disabled'],
    [10, 'ABORTED', KmsUnavailableError, 'ABORTED'],
    [12, 'UNIMPLEMENTED', KmsRequestError, 'UNIMPLEMENTED'],
    [13, 'INTERNAL', KmsUnavailableError, 'INTERNAL'],
    [14, 'UNAVAILABLE', KmsUnavailableError, 'UNAVAILABLE'],
    [15, 'DATA_LOSS', KmsUnavailableError, 'DATA_LOSS'],
    [16, 'UNAUTHENTICATED', KmsAccessDeniedError, 'UNAUTHENTICATED'],
  ] as const)('%i (%s) becomes %o', async (status, _, expected, words) => {
    server.answer({ status, message: 'some message' })
    const error = await thrownBy(expected, () =>
      kmsFor(NAME).unwrap({ kekUri: uriOf(NAME), context, wrapped: Buffer.alloc(60) }),
    )
    expect(error.message).toContain(words)
    expect(error).toMatchObject({ kekUri: uriOf(NAME), tenant: 'firm_1', keyId: 'k00000000001' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('some message')
  })

  it('INVALID_ARGUMENT for what is no ciphertext is a refused request', async () => {
    server.answer({ status: 3, message: '' })
    await thrownBy(KmsRequestError, () => kmsFor(NAME).generateDataKey({ kekUri: uriOf(NAME), context }))
  })

  it.each([
    ['KEY_DISABLED', KekUnavailableError, 'disabled'],
    ['KEY_DESTROY_SCHEDULED', KekUnavailableError, 'pending deletion'],
    ['KEY_DESTROYED', KekUnavailableError, 'not found'],
    ['SOMETHING_NEW', KmsRequestError, 'SOMETHING_NEW'],
  ] as const)('FAILED_PRECONDITION is told by the type of its violation: %s', async (type, expected, words) => {
    server.answer({ status: 9, message: '', details: [violation(type, NAME)] })
    const error = await thrownBy(expected, () => kmsFor(NAME).generateDataKey({ kekUri: uriOf(NAME), context }))
    expect(error.message).toContain(words)
  })

  it('keeps the id of the request where the details have one, and fractions of seconds to wait', async () => {
    const details = [
      { type: 'google.rpc.RequestInfo', value: bytesField(1, Buffer.from('req-4711')) },
      {
        type: 'google.rpc.RetryInfo',
        value: bytesField(1, Buffer.concat([varintField(1, 1), varintField(2, 500_000_000)])),
      },
    ]
    server.answer({ status: 8, message: '', details })
    const error = await thrownBy(KmsUnavailableError, () =>
      kmsFor(NAME).generateDataKey({ kekUri: uriOf(NAME), context }),
    )
    expect(error).toMatchObject({ requestId: 'req-4711', retryAfterMs: 1500 })
  })
})

describe('a reply of Google Cloud KMS', () => {
  it('has its data key erased once that was copied', async () => {
    const { KeyManagementServiceClient } = await import('@google-cloud/kms')
    const replies: Promise<[{ plaintext: Uint8Array }]>[] = []
    const { initialize } = KeyManagementServiceClient.prototype
    type Client = InstanceType<typeof KeyManagementServiceClient>
    vi.spyOn(KeyManagementServiceClient.prototype, 'initialize').mockImplementation(async function (this: Client) {
      const stub = await initialize.call(this)
      const { decrypt } = this.innerApiCalls
      this.innerApiCalls.decrypt = (...parts: unknown[]) => {
        const reply: Promise<[{ plaintext: Uint8Array }]> = decrypt?.(...parts)
        replies.push(reply)
        return reply
      }
      return stub
    })
    const kms = kmsFor(server.createKey())
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri: kms.defaultKek, context })
    const opened = await kms.unwrap({ kekUri: kms.defaultKek, context, wrapped })
    expect(Buffer.from(opened).equals(plaintext)).toBe(true)
    const [reply] = await Promise.all(replies)
    expect([...(reply?.[0].plaintext ?? [])]).toEqual(Array(32).fill(0))
  })

  it.each([
    ['does not confirm the plaintext’s checksum', 'encrypt', { verifiedPlaintextCrc32c: false }],
    ['does not confirm the context’s checksum', 'encrypt', { verifiedAdditionalAuthenticatedDataCrc32c: false }],
    ['has no checksum of the ciphertext', 'encrypt', { ciphertextCrc32c: undefined }],
    ['has a damaged ciphertext', 'encrypt', { ciphertext: Buffer.alloc(62, 9) }],
    ['names another key', 'encrypt', { name: `${NAME}x/cryptoKeyVersions/1` }],
    ['names no key version', 'encrypt', { name: NAME }],
    ['has no checksum of the key', 'decrypt', { plaintextCrc32c: undefined }],
    ['has a damaged key', 'decrypt', { plaintext: Buffer.alloc(32, 9) }],
  ])('that %s is not used', async (_, call, change) => {
    const key = server.createKey()
    const kms = kmsFor(key)
    const { wrapped } = await kms.generateDataKey({ kekUri: uriOf(key), context })
    server.tamper((reply) => ({ ...reply, ...change }))
    await thrownBy(KmsReplyError, () =>
      call === 'encrypt'
        ? kms.generateDataKey({ kekUri: uriOf(key), context })
        : kms.unwrap({ kekUri: uriOf(key), context, wrapped }),
    )
  })

  it('that is a proxy’s page is an outage', async () => {
    // Without TLS: what the client meets is no HTTP/2 over TLS at all.
    const proxy = createServer((_, response) => response.writeHead(502).end('<html>'))
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const address = proxy.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const kms = kmsFor(NAME, { client: { ...client, port } })
    await thrownBy(KmsUnavailableError, () => kms.generateDataKey({ kekUri: uriOf(NAME), context }))
    kms.dispose?.()
    await new Promise((resolve) => proxy.close(resolve))
  })
})

describe('a server whose certificate is not trusted', () => {
  it('gets no request, and counts as an outage', async () => {
    const requests: string[] = []
    const stranger = await listenGrpc(await makeCertificate(), ({ method }) => {
      requests.push(method)
      return { reply: new Uint8Array(0) }
    })
    const kms = kmsFor(NAME, { client: { ...client, port: stranger.port } })
    const error = await thrownBy(KmsUnavailableError, () => kms.generateDataKey({ kekUri: uriOf(NAME), context }))
    expect(error.message).toContain('UNAVAILABLE')
    expect(requests).toEqual([])
    kms.dispose?.()
    await stranger.refuse()
  })
})

describe('what the Google Cloud provider tells of a KEK', () => {
  it('are the facts of its primary version', async () => {
    const key = server.createKey()
    expect(await kmsFor(key).describe({ kekUri: uriOf(key) })).toEqual({
      kekUri: uriOf(key),
      state: 'enabled',
      facts: {
        location: 'europe-west3',
        purpose: 'ENCRYPT_DECRYPT',
        'key version': '1',
        'version state': 'ENABLED',
        algorithm: 'GOOGLE_SYMMETRIC_ENCRYPTION',
        'protection level': 'SOFTWARE',
        rotation: 'every 7776000 s',
      },
    })
  })

  it.each([
    ['DISABLED', 'disabled'],
    ['PENDING_GENERATION', 'disabled'],
    ['DESTROY_SCHEDULED', 'pending deletion'],
    ['DESTROYED', 'pending deletion'],
  ] as const)('is, of a version that is %s, that it is %s', async (state, expected) => {
    const key = server.createKey()
    server.setState(key, state)
    expect(await kmsFor(key).describe({ kekUri: uriOf(key) })).toMatchObject({ state: expected })
  })
})

describe('the custom role of the Google Cloud provider', () => {
  it('holds what is needed, and comes with the commands that grant it on each key, in each project', () => {
    const theirs = NAME.replace('acme', 'theirs')
    const { kind, text } = kmsFor(NAME).policyFor([uriOf(NAME), uriOf(theirs)])
    expect(kind).toBe('custom role')
    expect(text).toBe(`# gcloud iam roles create fieldseal --project=acme --file=THIS_FILE
# gcloud iam roles create fieldseal --project=theirs --file=THIS_FILE
# gcloud kms keys add-iam-policy-binding ${NAME} --member=serviceAccount:ACCOUNT --role=projects/acme/roles/fieldseal
# gcloud kms keys add-iam-policy-binding ${theirs} --member=serviceAccount:ACCOUNT --role=projects/theirs/roles/fieldseal
title: fieldseal
description: Wraps and unwraps data keys
stage: GA
includedPermissions:
- cloudkms.cryptoKeyVersions.useToEncrypt
- cloudkms.cryptoKeyVersions.useToDecrypt
- cloudkms.cryptoKeys.get
`)
  })
})
