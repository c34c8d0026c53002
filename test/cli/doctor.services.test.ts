import { CreateKeyCommand, DisableKeyCommand, type KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AwsEndpoint, startAwsEndpoint } from '../support/kms-servers/aws-faults.js'
import { type Moto, startMoto } from '../support/kms-servers/moto.js'
import { fieldsealDoctor } from './fieldseal-doctor.js'

const REGION = 'us-east-1'

describe('fieldseal doctor with the AWS KMS and IAM of moto', () => {
  let moto: Moto
  let endpoint: AwsEndpoint
  let admin: KMSClient
  let keyId = ''
  beforeAll(async () => {
    moto = await startMoto()
    endpoint = await startAwsEndpoint(moto.handler)
    admin = moto.admin(REGION)
    keyId = (await admin.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
  }, 60_000)
  afterAll(async () => {
    await endpoint?.close()
    await moto?.stop()
  })

  async function doctorOf(actions: readonly string[]) {
    const { credentials } = await moto.createUser(actions)
    return fieldsealDoctor({
      ...{ FIELDSEAL_KMS: `aws-kms://${keyId}`, AWS_REGION: REGION, AWS_ENDPOINT_URL_KMS: endpoint.url },
      ...{ AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
    })
  }

  /** The actions of the policy that doctor prints, whoever asks. */
  async function printedActions(): Promise<string[]> {
    const { stdout } = await doctorOf(['kms:ListKeys'])
    const text = /^IAM policy for this KEK:\n\n([\s\S]*?\n\})$/m.exec(stdout)?.[1] ?? '{}'
    const { Statement }: { readonly Statement: readonly { readonly Action: readonly string[] }[] } = JSON.parse(text)
    return Statement.flatMap(({ Action }) => Action)
  }

  it('is content with a user who has the policy it prints', { timeout: 60_000 }, async () => {
    const { status, stdout } = await doctorOf(await printedActions())
    expect([status, stdout.match(/✓/g)?.length]).toEqual([0, 5])
  })

  it.each([
    ['kms:DescribeKey', 'describe'],
    ['kms:GenerateDataKey', 'generate a data key'],
    ['kms:Decrypt', 'unwrap'],
    ['kms:ReEncryptFrom', 'rewrap'],
  ])('names the permission that was left out: %s', { timeout: 60_000 }, async (left, check) => {
    const actions = await printedActions()
    expect(actions).toContain(left)
    const { status, stdout } = await doctorOf(actions.filter((action) => action !== left))
    expect(status).toBe(1)
    expect(stdout).toMatch(
      new RegExp(`✗ ${check} [^\\n]*\\n {6}KMS_ACCESS_DENIED[^\\n]*\\n {6}missing permission[^\\n]*${left}`),
    )
    expect(stdout.match(/^ {2}✗/gm)?.length).toBe(1)
  })

  it('says that the key is disabled', { timeout: 60_000 }, async () => {
    const actions = await printedActions()
    await admin.send(new DisableKeyCommand({ KeyId: keyId.split('/').at(-1) }))
    const { status, stdout } = await doctorOf(actions)
    expect(status).toBe(1)
    expect(stdout).toMatch(/✗ describe[^\n]*\n {6}the KEK is disabled/)
  })
})
