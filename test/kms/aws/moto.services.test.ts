import {
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KmsAccessDeniedError } from '../../../src/errors/index.js'
import { type AwsKmsOptions, awsKms } from '../../../src/kms/aws/index.js'
import type { KmsOperation } from '../../../src/kms/kms.js'
import { thrownBy } from '../../support/core/expect-error.js'
import { type AwsEndpoint, startAwsEndpoint } from '../../support/kms-servers/aws-faults.js'
import { type AwsUser, type Moto, startMoto } from '../../support/kms-servers/moto.js'
import { beginSession, CONTEXT, OPERATIONS, run } from '../conformance/operations.js'
import { conformance } from '../conformance/suite.js'

const REGION = 'us-east-1'

let moto: Moto
let endpoint: AwsEndpoint
beforeAll(async () => {
  moto = await startMoto()
  endpoint = await startAwsEndpoint(moto.handler)
}, 60_000)
afterAll(async () => {
  await endpoint?.close()
  await moto?.stop()
})

async function createKey(region = REGION): Promise<string> {
  const command = new CreateKeyCommand({ KeyUsage: 'ENCRYPT_DECRYPT' })
  return (await moto.admin(region).send(command)).KeyMetadata?.Arn ?? ''
}

const idOf = (kekUri: string): string | undefined => kekUri.split('/').at(-1)

/** The actions of the policy that the provider prints for these keys. */
function actionsFor(keyIds: readonly [string, ...string[]]): string[] {
  const { text } = awsKms({ keyId: keyIds[0] }).policyFor(keyIds.map((keyId) => `aws-kms://${keyId}`))
  const statements: { readonly Action: readonly string[] }[] = JSON.parse(text).Statement
  return statements.flatMap(({ Action }) => Action)
}

async function providerWith(options: AwsKmsOptions, actions = actionsFor([options.keyId])) {
  const user = await moto.createUser(actions)
  return { user, kms: awsKms({ endpoint: endpoint.url, credentials: user.credentials, ...options }) }
}

let user: AwsUser
beforeAll(async () => {
  user = await moto.createUser(actionsFor(['alias/any']))
})

conformance(
  'AWS KMS, as moto plays it',
  async () => {
    const [kek, other] = [await createKey(), await createKey()]
    const timeoutMs = 1500
    let isDenied = false
    return {
      kms: awsKms({ keyId: kek, endpoint: endpoint.url, credentials: user.credentials, timeoutMs }),
      kekUri: `aws-kms://${kek}`,
      otherKekUri: `aws-kms://${other}`,
      absentKekUri: `aws-kms://arn:aws:kms:${REGION}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
      secrets: new Map(Object.entries({ ...user.credentials, 'the signature': 'AWS4-HMAC-SHA256' })),
      timeoutMs,
      fault: (kind) => endpoint.fault(kind),
      disable: async (kekUri) => void (await moto.admin(REGION).send(new DisableKeyCommand({ KeyId: idOf(kekUri) }))),
      scheduleDeletion: async (kekUri) =>
        void (await moto.admin(REGION).send(new ScheduleKeyDeletionCommand({ KeyId: idOf(kekUri) }))),
      deny() {
        isDenied = true
        return moto.allow(user, ['s3:GetObject'])
      },
      calls: () => endpoint.requests.length,
      async close() {
        if (isDenied) await moto.allow(user, actionsFor(['alias/any']))
        await endpoint.fault(undefined)
      },
    }
  },
  { 'wrong checksum': 'replies of AWS KMS have none: TLS guards them' },
)

describe('the IAM policy that the AWS provider prints', () => {
  const needed = OPERATIONS.flatMap((operation) =>
    awsKms({ keyId: 'alias/any' })
      .permissionsFor('aws-kms://alias/any')
      [operation].map((permission) => ({ operation, permission })),
  )

  it.each(needed)('is the least: without $permission, $operation is denied, and the others work', async (missing) => {
    const kek = await createKey()
    const all = actionsFor([kek])
    const { user, kms } = await providerWith({ keyId: kek }, all)
    const session = await beginSession({ kms, kekUri: kms.defaultKek, secrets: new Map() })
    await moto.allow(
      user,
      all.filter((action) => action !== missing.permission),
    )
    const outcomes: [KmsOperation, string][] = []
    for (const operation of OPERATIONS) {
      const outcome = await run(session, operation).then(
        () => 'works',
        (error: unknown) => String(Object(error).code),
      )
      outcomes.push([operation, outcome])
    }
    expect(outcomes).toEqual(
      OPERATIONS.map((operation) => [operation, operation === missing.operation ? 'KMS_ACCESS_DENIED' : 'works']),
    )
  })
})

describe('requests of the AWS provider', () => {
  it('are signed: with another secret, access is denied', async () => {
    const kek = await createKey()
    const { user } = await providerWith({ keyId: kek })
    const forged = { ...user.credentials, secretAccessKey: 'x'.repeat(40) }
    const kms = awsKms({ keyId: kek, endpoint: endpoint.url, credentials: forged })
    const error = await thrownBy(KmsAccessDeniedError, () =>
      kms.generateDataKey({ kekUri: kms.defaultKek, context: CONTEXT }),
    )
    expect(error.message).toContain('InvalidSignatureException')
  })
})

describe('AWS KMS beyond one key and one region', () => {
  it('moves a key to another region through this process', async () => {
    const [here, there] = [await createKey(), await createKey('eu-west-1')]
    const { kms } = await providerWith({ keyId: here }, actionsFor([here, there]))
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri: kms.defaultKek, context: CONTEXT })
    const toKekUri = `aws-kms://${there}`
    const moved = await kms.rewrap({ kekUri: kms.defaultKek, context: CONTEXT, wrapped, toKekUri })
    expect(await kms.unwrap({ kekUri: toKekUri, context: CONTEXT, wrapped: moved })).toEqual(Uint8Array.from(plaintext))
  })

  it('finds a key by its alias', async () => {
    const kek = await createKey()
    await moto.admin(REGION).send(new CreateAliasCommand({ AliasName: 'alias/app', TargetKeyId: kek }))
    const { kms } = await providerWith({ keyId: 'alias/app', region: REGION })
    const { plaintext, wrapped } = await kms.generateDataKey({ kekUri: 'aws-kms://alias/app', context: CONTEXT })
    const opened = await kms.unwrap({ kekUri: `aws-kms://${kek}`, context: CONTEXT, wrapped })
    expect(opened).toEqual(Uint8Array.from(plaintext))
  })
})
