import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { homedir } from 'node:os'
import path from 'node:path'
import { DescribeKeyCommand, type KeyMetadata, KMSClient } from '@aws-sdk/client-kms'
import { startServer } from '../servers/process.js'
import { regionOf } from './aws.js'
import { type AwsHandler, type AwsReply, type AwsRequest, awsError } from './aws-faults.js'

const REQUIREMENTS = new URL('../../../scripts/moto-requirements.txt', import.meta.url)

/** Where `scripts/install-kms-servers.sh` puts the program. */
function program(): string {
  const version = /^moto==(.+)$/m.exec(readFileSync(REQUIREMENTS, 'utf8'))?.[1]
  const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache')
  return path.join(cache, `fieldseal/moto-${version}/bin/moto_server`)
}

export interface AwsUser {
  readonly name: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** moto, which plays AWS KMS and IAM: signatures are verified, and users may do what their policies say. */
export interface Moto {
  readonly url: string
  /** Answers as moto does, or, where that is not what AWS documents, as AWS does. */
  readonly handler: AwsHandler
  /** A client that may do anything. */
  admin(region: string): KMSClient
  /** A user that may do these actions. moto looks at actions only: not at resources, not at conditions. */
  createUser(actions: readonly string[]): Promise<AwsUser>
  allow(user: AwsUser, actions: readonly string[]): Promise<void>
  stop(): Promise<void>
}

export async function startMoto(): Promise<Moto> {
  const file = program()
  if (!existsSync(file)) throw new Error(`There is no ${file}: run scripts/install-kms-servers.sh`)
  const server = await startServer({
    name: 'moto',
    initialise: async () => undefined,
    command: (_folder, port) => [file, '-H', '127.0.0.1', '-p', String(port)],
    url: (port) => `http://127.0.0.1:${port}`,
    probe: async (url) => (await fetch(`${url}/moto-api/`)).arrayBuffer(),
    stopSignal: 'SIGTERM',
  })

  /** From now on, calls up to this number need no signature and no policy. */
  const freeCalls = (number: 'inf' | '0') =>
    fetch(`${server.url}/moto-api/reset-auth`, { method: 'POST', body: number })

  async function iam(parameters: { readonly [name: string]: string }): Promise<string> {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/iam/aws4_request' },
      body: new URLSearchParams({ Version: '2010-05-08', ...parameters }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${parameters.Action}: ${text}`)
    return text
  }

  async function asRoot<T>(work: () => Promise<T>): Promise<T> {
    await freeCalls('inf')
    try {
      return await work()
    } finally {
      await freeCalls('0')
    }
  }

  const putPolicy = (name: string, actions: readonly string[]) => {
    // moto knows one action where AWS has two.
    const isReEncrypting = ['kms:ReEncryptFrom', 'kms:ReEncryptTo'].every((action) => actions.includes(action))
    const known = isReEncrypting ? [...actions, 'kms:ReEncrypt'] : actions
    const statement = { Effect: 'Allow', Action: known, Resource: '*' }
    const document = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    return iam({ Action: 'PutUserPolicy', UserName: name, PolicyName: 'only', PolicyDocument: document })
  }

  const createUser = (actions: readonly string[]) =>
    asRoot(async (): Promise<AwsUser> => {
      const name = `user-${randomUUID()}`
      await iam({ Action: 'CreateUser', UserName: name })
      const key = await iam({ Action: 'CreateAccessKey', UserName: name })
      const part = (tag: string): string => key.split(`<${tag}>`)[1]?.split('<')[0] ?? ''
      await putPolicy(name, actions)
      return { name, credentials: { accessKeyId: part('AccessKeyId'), secretAccessKey: part('SecretAccessKey') } }
    })

  const { credentials } = await createUser(['kms:*'])
  const admins = new Map<string, KMSClient>()
  const admin = (region: string): KMSClient => {
    const client = admins.get(region) ?? new KMSClient({ endpoint: server.url, region, credentials })
    admins.set(region, client)
    return client
  }
  const describe = async (region: string, keyId: unknown): Promise<KeyMetadata | undefined> => {
    try {
      return (await admin(region).send(new DescribeKeyCommand({ KeyId: String(keyId) }))).KeyMetadata
    } catch {
      return undefined
    }
  }

  return {
    url: server.url,
    admin,
    createUser,
    allow: (user, actions) => asRoot(async () => void (await putPolicy(user.name, actions))),
    async handler(request) {
      const reply = await forward(server.url, request)
      return reply.status === 200
        ? ((await refusalOf(request, describe)) ?? reply)
        : documented(request, reply, describe)
    },
    async stop() {
      for (const client of admins.values()) client.destroy()
      await server.stop()
    },
  }
}

/** Sends the request on as it came, with the host it was signed for. */
function forward(url: string, { headers, body }: AwsRequest): Promise<AwsReply & { readonly text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method: 'POST', headers: { ...headers, connection: 'close' } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(Buffer.from(chunk))).on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 500, output: text.startsWith('{') ? JSON.parse(text) : {}, text })
      })
    })
    outgoing.on('error', reject).end(body)
  })
}

type Describe = (region: string, keyId: unknown) => Promise<KeyMetadata | undefined>

/** What AWS refuses and moto does: the use of keys that are not enabled, and a SourceKeyId that is not the ciphertext's. */
async function refusalOf(request: AwsRequest, describe: Describe): Promise<AwsReply | undefined> {
  if (request.operation === 'DescribeKey') return undefined
  const { KeyId, SourceKeyId, DestinationKeyId } = request.input
  for (const named of [KeyId, SourceKeyId, DestinationKeyId].filter((each) => each !== undefined)) {
    const key = await describe(regionOf(request), named)
    if (key === undefined) return awsError('NotFoundException', `${named} does not exist`)
    if (key.KeyState === 'Disabled') return awsError('DisabledException', `${key.Arn} is disabled.`)
    if (key.KeyState === 'PendingDeletion')
      return awsError('KMSInvalidStateException', `${key.Arn} is pending deletion.`)
  }
  return SourceKeyId === undefined ? undefined : wrongKey(request, SourceKeyId, describe)
}

/** What moto says in other words than AWS: errors of IAM come as XML, and a wrong key as AccessDeniedException. */
async function documented(request: AwsRequest, reply: AwsReply & { readonly text: string }, describe: Describe) {
  const codes: { readonly [code: string]: string } = {
    AccessDenied: 'AccessDeniedException',
    InvalidClientTokenId: 'UnrecognizedClientException',
    SignatureDoesNotMatch: 'InvalidSignatureException',
  }
  const code = codes[/<Code>(\w+)<\/Code>/.exec(reply.text)?.[1] ?? '']
  if (code !== undefined) return awsError(code, 'moto: not allowed')
  const { KeyId, SourceKeyId = KeyId } = request.input
  return (await wrongKey(request, SourceKeyId, describe)) ?? reply
}

/** A ciphertext of moto begins with the id of its key. */
async function wrongKey(request: AwsRequest, named: unknown, describe: Describe): Promise<AwsReply | undefined> {
  const { CiphertextBlob } = request.input
  if (typeof CiphertextBlob !== 'string') return undefined
  const owner = Buffer.from(CiphertextBlob, 'base64').subarray(0, 36).toString('latin1')
  const key = await describe(regionOf(request), named)
  if (key === undefined || owner === key.KeyId) return undefined
  const isKnown = (await describe(regionOf(request), owner)) !== undefined
  return awsError(isKnown ? 'IncorrectKeyException' : 'InvalidCiphertextException')
}
