import { Agent } from 'node:https'
import { inspect } from 'node:util'
import { KMSClient } from '@aws-sdk/client-kms'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
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
import { awsEncryptionContext } from '../../../src/kms/aws/context.js'
import { type AwsKmsOptions, awsKms } from '../../../src/kms/aws/index.js'
import type { EncryptionContext, InspectableKms } from '../../../src/kms/kms.js'
import { thrownBy } from '../../support/core/expect-error.js'
import { secretsShownBy } from '../../support/core/secrets.js'
import { awsKeys } from '../../support/kms-servers/aws.js'
import { type AwsEndpoint, type AwsReply, awsError, startAwsEndpoint } from '../../support/kms-servers/aws-faults.js'
import { makeCertificate } from '../../support/kms-servers/certificate.js'

const ACCESS_KEY = 'AKIAIOSFODNN7TESTING'
const credentials = { accessKeyId: ACCESS_KEY, secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/testing' }
const context: EncryptionContext = {
  app: 'fieldseal',
  tenant: 'firm_1',
  purpose: 'data',
  keyId: 'k00000000001',
  v: '1',
}
const ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'

const keys = awsKeys(ACCESS_KEY)
let endpoint: AwsEndpoint
/** Takes the place of the keys for a test. */
let answer: AwsReply | undefined
beforeAll(async () => {
  endpoint = await startAwsEndpoint((request) => answer ?? keys.handler(request))
})
beforeEach(() => {
  answer = undefined
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})
afterAll(() => endpoint.close())

function kmsFor(keyId: string, more: Partial<AwsKmsOptions> = {}): InspectableKms {
  return awsKms({ keyId, endpoint: endpoint.url, credentials, ...more })
}

const uriOf = (arn: string): string => `aws-kms://${arn}`
const lastRequest = () => endpoint.requests.at(-1)

describe('KEK URIs of AWS', () => {
  it.each([
    [ARN],
    ['arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
    ['arn:aws-cn:kms:cn-north-1:111122223333:alias/app'],
    ['arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'],
    ['mrk-1234abcd12ab34cd56ef1234567890ab'],
    ['1234abcd-12ab-34cd-56ef-1234567890ab'],
    ['alias/team/app_1'],
  ])('are served, and may be given as they are or as URIs: %s', (keyId) => {
    expect(kmsFor(keyId).defaultKek).toBe(uriOf(keyId))
    expect(kmsFor(uriOf(keyId)).defaultKek).toBe(uriOf(keyId))
    expect(kmsFor('alias/other').serves(uriOf(keyId))).toBe(true)
  })

  it.each([
    [''],
    ['alias/'],
    ['app'],
    ['alias/a b'],
    ['1234abcd'],
    [`${ARN} `],
    [ARN.replace('kms', 's3')],
    [ARN.replace('111122223333', '1111')],
    [ARN.replace('key/', 'keys/')],
    ['gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k'],
  ])('that name no key are refused: %j', (keyId) => {
    expect(() => kmsFor(keyId)).toThrow(KmsConfigurationError)
    expect(kmsFor(ARN).serves(uriOf(keyId))).toBe(false)
  })

  it('of other accounts are left to another provider, where accounts are given', async () => {
    const kms = kmsFor('alias/app', { accounts: ['111122223333'] })
    expect(kms.serves('aws-kms://alias/app')).toBe(true)
    expect(kms.serves(uriOf(ARN))).toBe(true)
    expect(kms.serves('aws-kms://alias/other')).toBe(false)
    const foreign = uriOf(ARN.replace('111122223333', '444455556666'))
    expect(kms.serves(foreign)).toBe(false)
    await thrownBy(UnknownKekError, () => kms.generateDataKey({ kekUri: foreign, context }))
    await thrownBy(UnknownKekError, () => kms.describe({ kekUri: foreign }))
    expect(() => kms.policyFor([foreign])).toThrow(UnknownKekError)
  })
})

describe('the encryption context of AWS', () => {
  it('is the context’s pairs, without a pair for the empty tenant', async () => {
    const kek = keys.createKey()
    const kms = kmsFor(kek)
    await kms.generateDataKey({ kekUri: uriOf(kek), context })
    expect(lastRequest()?.input.EncryptionContext).toEqual(context)
    await kms.generateDataKey({ kekUri: uriOf(kek), context: { ...context, tenant: '' } })
    expect(lastRequest()?.input.EncryptionContext).toEqual({
      app: 'fieldseal',
      purpose: 'data',
      keyId: 'k00000000001',
      v: '1',
    })
  })

  it('is different for different contexts', () => {
    const text = fc.oneof(fc.constantFrom('', 'tenant', 'app', '-', 'a', 'b'), fc.string({ maxLength: 3 }))
    const contexts: fc.Arbitrary<EncryptionContext> = fc.record({
      app: text,
      tenant: text,
      purpose: text,
      keyId: text,
      v: fc.constant('1' as const),
    })
    const written = (each: EncryptionContext) => JSON.stringify(Object.entries(awsEncryptionContext(each)).sort())
    fc.assert(
      fc.property(contexts, contexts, (a, b) => {
        const isSame = (['app', 'tenant', 'purpose', 'keyId'] as const).every((name) => a[name] === b[name])
        expect(written(a) === written(b)).toBe(isSame)
      }),
      { numRuns: 500 },
    )
  })

  it('is the same for source and destination when a key is rewrapped', async () => {
    const [kek, other] = [keys.createKey(), keys.createKey()]
    const kms = kmsFor(kek)
    const { wrapped } = await kms.generateDataKey({ kekUri: uriOf(kek), context })
    await kms.rewrap({ kekUri: uriOf(kek), toKekUri: uriOf(other), context, wrapped })
    expect(lastRequest()).toMatchObject({
      operation: 'ReEncrypt',
      input: {
        SourceKeyId: kek,
        DestinationKeyId: other,
        SourceEncryptionContext: context,
        DestinationEncryptionContext: context,
      },
    })
  })
})

describe('requests of the AWS provider', () => {
  it('to decrypt name the key', async () => {
    const kek = keys.createKey()
    const kms = kmsFor(kek)
    const { wrapped } = await kms.generateDataKey({ kekUri: uriOf(kek), context })
    await kms.unwrap({ kekUri: uriOf(kek), context, wrapped })
    expect(lastRequest()).toMatchObject({ operation: 'Decrypt', input: { KeyId: kek } })
  })

  it('carry the grant tokens, which may be what allows them', async () => {
    const kek = keys.createKey()
    keys.restrict(kek, 'AQpAM2RhZ-grant-token')
    await thrownBy(KmsAccessDeniedError, () => kmsFor(kek).generateDataKey({ kekUri: uriOf(kek), context }))
    const kms = kmsFor(kek, { grantTokens: ['AQpAM2RhZ-grant-token'] })
    const { wrapped } = await kms.generateDataKey({ kekUri: uriOf(kek), context })
    await expect(kms.unwrap({ kekUri: uriOf(kek), context, wrapped })).resolves.toHaveLength(32)
    await expect(kms.rewrap({ kekUri: uriOf(kek), toKekUri: uriOf(kek), context, wrapped })).resolves.toBeDefined()
  })

  it('go to the region of the key’s ARN, else to the one given, else to the SDK’s', async () => {
    vi.stubEnv('AWS_REGION', 'ap-south-1')
    const signedFor = (region: string) => expect(lastRequest()?.headers.authorization).toContain(`/${region}/kms/`)
    const [kek, here, there] = [
      keys.createKey(),
      keys.createKey({ region: 'eu-west-1' }),
      keys.createKey({ region: 'ap-south-1' }),
    ]
    keys.createAlias('alias/app', here)
    keys.createAlias('alias/app', there)
    const kms = kmsFor('alias/app', { region: 'eu-west-1' })
    await kms.generateDataKey({ kekUri: uriOf(kek), context })
    signedFor('us-east-1')
    const { wrapped } = await kms.generateDataKey({ kekUri: 'aws-kms://alias/app', context })
    signedFor('eu-west-1')
    await expect(kms.unwrap({ kekUri: uriOf(here), context, wrapped })).resolves.toHaveLength(32)
    await kmsFor('alias/app').generateDataKey({ kekUri: 'aws-kms://alias/app', context })
    signedFor('ap-south-1')
  })

  it('are refused as a matter of configuration where no region is known', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent')
    const kms = kmsFor('alias/app')
    const error = await thrownBy(KmsConfigurationError, () => kms.generateDataKey({ kekUri: kms.defaultKek, context }))
    expect(error.message).toContain('AWS_REGION')
  })

  it('are not sent where the SDK finds no credentials, which may pass', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    const kms = awsKms({ keyId: ARN, endpoint: endpoint.url })
    const error = await thrownBy(KmsUnavailableError, () => kms.generateDataKey({ kekUri: uriOf(ARN), context }))
    expect(error.message).toContain('no AWS credentials')
  })

  it('move a key to another region by decrypting it in one and encrypting it in the other', async () => {
    const [here, there] = [keys.createKey(), keys.createKey({ region: 'eu-west-1' })]
    const kms = kmsFor(here)
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri: uriOf(here), context })
    const before = endpoint.requests.length
    const moved = await kms.rewrap({ kekUri: uriOf(here), toKekUri: uriOf(there), context, wrapped })
    expect(endpoint.requests.slice(before).map(({ operation }) => operation)).toEqual(['Decrypt', 'Encrypt'])
    expect(await kms.unwrap({ kekUri: uriOf(there), context, wrapped: moved })).toEqual(plaintext)
  })

  it('are ended on the wire, too, when their caller gives up', async () => {
    const kms = kmsFor(ARN)
    await endpoint.fault('hang')
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    const request = { kekUri: uriOf(ARN), context, signal: controller.signal }
    await thrownBy(KmsCancelledError, () => kms.generateDataKey(request))
    await expect.poll(() => lastRequest()?.isGone()).toBe(true)
    await endpoint.fault(undefined)
  })

  it('leave the credentials they were given as they were', async () => {
    const kek = keys.createKey()
    const given = { ...credentials }
    await kmsFor(kek, { credentials: given }).generateDataKey({ kekUri: uriOf(kek), context })
    expect(given).toEqual(credentials)
  })

  it('use a certificate authority that is given, and without it say how to give it', async () => {
    const certificate = await makeCertificate()
    const secure = await startAwsEndpoint(keys.handler, certificate)
    const kek = keys.createKey()
    const request = { kekUri: uriOf(kek), context }
    const untrusting = kmsFor(kek, { endpoint: secure.url })
    const error = await thrownBy(KmsConfigurationError, () => untrusting.generateDataKey(request))
    expect(error.message).toContain('httpsAgent')
    const trusting = kmsFor(kek, {
      endpoint: secure.url,
      requestHandler: { httpsAgent: new Agent({ ca: certificate.cert }) },
    })
    await expect(trusting.generateDataKey(request)).resolves.toBeDefined()
    trusting.dispose?.()
    await secure.close()
  })
})

describe('multi-Region keys', () => {
  it('are opened in another region by their replica, whose ARN the row does not name', async () => {
    const primary = keys.createKey({ isMultiRegion: true })
    keys.replicate(primary, 'eu-west-1')
    const { plaintext, wrapped } = await kmsFor(primary).generateDataKey({ kekUri: uriOf(primary), context })
    const abroad = kmsFor(primary, { replicaRegion: 'eu-west-1' })
    expect(await abroad.unwrap({ kekUri: uriOf(primary), context, wrapped })).toEqual(plaintext)
    expect(lastRequest()?.headers.authorization).toContain('/eu-west-1/kms/')
    expect(await abroad.describe({ kekUri: uriOf(primary) })).toMatchObject({
      kekUri: uriOf(primary),
      facts: { region: 'eu-west-1', 'multi-Region': 'REPLICA' },
    })
  })

  it('that have no replica there are not found, and other keys stay where they are', async () => {
    const [multi, single] = [keys.createKey({ isMultiRegion: true }), keys.createKey()]
    const abroad = kmsFor(multi, { replicaRegion: 'eu-west-1' })
    const error = await thrownBy(KekUnavailableError, () => abroad.generateDataKey({ kekUri: uriOf(multi), context }))
    expect(error.reason).toBe('not found')
    await expect(abroad.generateDataKey({ kekUri: uriOf(single), context })).resolves.toBeDefined()
    expect(lastRequest()?.headers.authorization).toContain('/us-east-1/kms/')
  })
})

describe('an error code of AWS', () => {
  it.each([
    ['ThrottlingException', 400, KmsUnavailableError, 'throttled'],
    ['TooManyRequestsException', 429, KmsUnavailableError, 'throttled'],
    ['KeyUnavailableException', 500, KmsUnavailableError, 'KeyUnavailableException'],
    ['KMSInternalException', 500, KmsUnavailableError, 'KMSInternalException'],
    ['DependencyTimeoutException', 503, KmsUnavailableError, 'DependencyTimeoutException'],
    ['SomethingNew', 502, KmsUnavailableError, 'server error 502'],
    ['AccessDeniedException', 400, KmsAccessDeniedError, 'key policy'],
    ['InvalidGrantTokenException', 400, KmsAccessDeniedError, 'key policy'],
    ['ExpiredTokenException', 400, KmsAccessDeniedError, 'ExpiredTokenException'],
    ['UnrecognizedClientException', 400, KmsAccessDeniedError, 'UnrecognizedClientException'],
    ['IncompleteSignatureException', 400, KmsAccessDeniedError, 'IncompleteSignatureException'],
    ['NotFoundException', 400, KekUnavailableError, 'not found'],
    ['DisabledException', 400, KekUnavailableError, 'disabled'],
    ['IncorrectKeyException', 400, UnwrapFailedError, 'could not unwrap'],
    ['InvalidCiphertextException', 400, UnwrapFailedError, 'could not unwrap'],
    ['InvalidKeyUsageException', 400, KmsRequestError, 'InvalidKeyUsageException'],
    ['ValidationException', 400, KmsRequestError, 'ValidationException'],
    ['com.amazonaws.kms#DryRunOperationException', 400, KmsRequestError, 'DryRunOperationException'],
  ] as const)('%s (HTTP %i) becomes %o', async (type, status, expected, words) => {
    answer = awsError(type, 'some message', status)
    const kms = kmsFor(ARN)
    const error = await thrownBy(expected, () => kms.unwrap({ kekUri: uriOf(ARN), context, wrapped: Buffer.alloc(9) }))
    expect(error.message).toContain(words)
    expect(error).toMatchObject({ kekUri: uriOf(ARN), tenant: 'firm_1', keyId: 'k00000000001' })
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('some message')
  })

  it('about the state of a key is told by the state that AWS describes', async () => {
    const kek = keys.createKey()
    const kms = kmsFor(kek)
    const call = () => kms.generateDataKey({ kekUri: uriOf(kek), context })
    keys.setState(kek, 'PendingDeletion')
    expect((await thrownBy(KekUnavailableError, call)).reason).toBe('pending deletion')
    keys.setState(kek, 'PendingImport')
    expect((await thrownBy(KekUnavailableError, call)).reason).toBe('disabled')
    keys.setState(kek, 'Unavailable')
    expect((await thrownBy(KmsUnavailableError, call)).message).toContain('key state Unavailable')
  })

  it('about the state of a key that may not be described is taken for a deletion', async () => {
    const own = awsKeys(ACCESS_KEY)
    const kek = own.createKey()
    const other = await startAwsEndpoint(own.handler)
    own.setState(kek, 'PendingDeletion')
    own.forbidDescribing()
    const kms = kmsFor(kek, { endpoint: other.url })
    const error = await thrownBy(KekUnavailableError, () => kms.generateDataKey({ kekUri: uriOf(kek), context }))
    expect(error.reason).toBe('pending deletion')
    await other.close()
  })

  it('about one of two keys is told of the right one', async () => {
    const [kek, other, absent] = [keys.createKey(), keys.createKey(), ARN]
    const kms = kmsFor(kek)
    const { wrapped } = await kms.generateDataKey({ kekUri: uriOf(kek), context })
    keys.setState(other, 'Disabled')
    const request = { kekUri: uriOf(kek), context, wrapped }
    const disabled = await thrownBy(KekUnavailableError, () => kms.rewrap({ ...request, toKekUri: uriOf(other) }))
    expect(disabled).toMatchObject({ kekUri: uriOf(other), reason: 'disabled' })
    const missing = await thrownBy(KekUnavailableError, () => kms.rewrap({ ...request, toKekUri: uriOf(absent) }))
    expect(missing).toMatchObject({ kekUri: uriOf(absent), reason: 'not found' })
  })

  it('about a signature may be tried again when this machine’s clock was wrong', async () => {
    const late = new Date(Date.now() + 3_600_000).toUTCString()
    answer = { ...awsError('InvalidSignatureException', 'Signature expired'), headers: { date: late } }
    const error = await thrownBy(KmsUnavailableError, () =>
      kmsFor(ARN).generateDataKey({ kekUri: uriOf(ARN), context }),
    )
    expect(error.message).toContain('clock')
  })

  it('is missing from a proxy’s page, which is a reply that cannot be used', async () => {
    const pages = await startAwsEndpoint(() => ({ status: 200, output: {} }))
    await pages.fault('not the protocol')
    const kms = kmsFor(ARN, { endpoint: pages.url })
    await thrownBy(KmsReplyError, () => kms.generateDataKey({ kekUri: uriOf(ARN), context }))
    await pages.close()
  })
})

describe('the AWS provider in memory', () => {
  it('erases the SDK’s copies of data keys', async () => {
    const kek = keys.createKey()
    const send = vi.spyOn(KMSClient.prototype, 'send')
    const kms = kmsFor(kek)
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri: uriOf(kek), context })
    const opened = await kms.unwrap({ kekUri: uriOf(kek), context, wrapped })
    expect(opened).toEqual(plaintext)
    const copies = await Promise.all(send.mock.results.map(({ value }) => value))
    expect(copies.map(({ Plaintext }) => [...Plaintext])).toEqual([Array(32).fill(0), Array(32).fill(0)])
  })

  it('shows its credentials to nobody who inspects it', async () => {
    const kek = keys.createKey()
    const kms = kmsFor(kek, { grantTokens: ['AQpAM2RhZ-grant-token'] })
    await kms.generateDataKey({ kekUri: uriOf(kek), context })
    const secrets = new Map(Object.entries({ ...credentials, grant: 'AQpAM2RhZ-grant-token' }))
    expect(secretsShownBy(kms, secrets)).toEqual([])
  })
})

describe('the IAM policy of the AWS provider', () => {
  const policyOf = (kms: InspectableKms, keyIds: readonly string[]) => JSON.parse(kms.policyFor(keyIds.map(uriOf)).text)

  it('allows what is needed on these keys, for wrapped keys of this application alone', () => {
    expect(policyOf(kmsFor(ARN, { app: 'intake' }), [ARN])).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'FieldsealDataKeys',
          Effect: 'Allow',
          Action: ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
          Resource: [ARN],
          Condition: { StringEquals: { 'kms:EncryptionContext:app': 'intake' } },
        },
        { Sid: 'FieldsealDescribe', Effect: 'Allow', Action: ['kms:DescribeKey'], Resource: [ARN] },
      ],
    })
  })

  it('names an alias by a condition, as IAM has no ARN of it for this', () => {
    const { Statement } = policyOf(kmsFor('alias/app', { region: 'eu-west-1' }), ['alias/app'])
    expect(Statement).toMatchObject([
      {
        Resource: ['arn:aws:kms:eu-west-1:*:key/*'],
        Condition: { StringEquals: { 'kms:EncryptionContext:app': 'fieldseal', 'kms:RequestAlias': ['alias/app'] } },
      },
      { Action: ['kms:DescribeKey'], Condition: { StringEquals: { 'kms:RequestAlias': ['alias/app'] } } },
    ])
  })

  it('covers the replica that is called, and encrypting where keys lie in several regions', () => {
    const multi = ARN.replace('1234abcd-12ab-34cd-56ef-1234567890ab', 'mrk-1234abcd12ab34cd56ef1234567890ab')
    const replica = multi.replace('us-east-1', 'eu-west-1')
    const { Statement } = policyOf(kmsFor(multi, { replicaRegion: 'eu-west-1' }), [multi])
    expect(Statement[0].Resource).toEqual([multi, replica])
    const far = ARN.replace('us-east-1', 'ap-south-1')
    expect(policyOf(kmsFor(ARN), [ARN, far]).Statement[0].Action).toContain('kms:Encrypt')
  })
})
