import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto'
import { type AwsHandler, type AwsReply, type AwsRequest, awsError } from './aws-faults.js'

const ACCOUNT = '111122223333'

interface Key {
  readonly id: string
  readonly material: Buffer
  readonly isMultiRegion: boolean
  /** Regions that have it, and its state in each. */
  readonly states: Map<string, 'Enabled' | 'Disabled' | 'PendingDeletion' | 'Unavailable' | 'PendingImport'>
}

/** Symmetric keys of AWS KMS in memory, as its API documents them; signatures are not verified. */
export interface AwsKeys {
  readonly handler: AwsHandler
  /** ARN of a new key. */
  createKey(options?: { readonly region?: string; readonly isMultiRegion?: boolean }): string
  createAlias(name: string, arn: string): void
  replicate(arn: string, region: string): void
  setState(arn: string, state: 'Enabled' | 'Disabled' | 'PendingDeletion' | 'Unavailable' | 'PendingImport'): void
  /** From now on the key may be used with this grant token only; by nobody, if there is none. */
  restrict(arn: string, grantToken?: string): void
  /** Takes `kms:DescribeKey` away. */
  forbidDescribing(): void
}

/** A failure of the handler, as the reply it becomes. */
class Refusal extends Error {
  constructor(readonly reply: AwsReply) {
    super('refused')
  }
}

function refuse(type: string, message?: string): never {
  throw new Refusal(awsError(type, message))
}

export function awsKeys(accessKeyId: string): AwsKeys {
  const keys = new Map<string, Key>()
  const aliases = new Map<string, string>()
  const restricted = new Map<string, string | undefined>()
  let mayDescribe = true

  const arnOf = (key: Key, region: string): string => `arn:aws:kms:${region}:${ACCOUNT}:key/${key.id}`
  const idOf = (arn: string): string => arn.split(':key/')[1] ?? ''

  /** The key that a `KeyId` names in the region the request is signed for. */
  function find(request: AwsRequest, member: string): { key: Key; arn: string; state: string } {
    const region = regionOf(request)
    const named = request.input[member]
    // The API lets Decrypt find the key by itself; here that is an error, as no provider of ours may rely on it.
    if (typeof named !== 'string' || named === '') refuse('ValidationException', `${member} is missing`)
    const plain = named.startsWith('arn:') ? named.split(':').slice(5).join(':') : named
    const key = keys.get(
      plain.startsWith('alias/') ? (aliases.get(`${region} ${plain}`) ?? '') : plain.replace('key/', ''),
    )
    const state = key?.states.get(region)
    if (key === undefined || state === undefined || (named.startsWith('arn:') && named.split(':')[3] !== region)) {
      refuse('NotFoundException', `Invalid arn ${region}`)
    }
    return { key, arn: arnOf(key, region), state }
  }

  function use(request: AwsRequest, member = 'KeyId'): { key: Key; arn: string } {
    const found = find(request, member)
    if (restricted.has(found.key.id)) {
      const tokens = request.input.GrantTokens
      const needed = restricted.get(found.key.id)
      if (needed === undefined || !Array.isArray(tokens) || !tokens.includes(needed)) {
        refuse('AccessDeniedException', `User is not authorized to perform: kms:${request.operation}`)
      }
    }
    if (found.state === 'Disabled') refuse('DisabledException', `${found.arn} is disabled.`)
    if (found.state !== 'Enabled') refuse('KMSInvalidStateException', `${found.arn} is in a state.`)
    return found
  }

  function encrypt(key: Key, plaintext: Buffer, context: unknown): string {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key.material, nonce)
    cipher.setAAD(aadOf(context))
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
    const id = Buffer.from(key.id)
    return Buffer.concat([Buffer.of(1, id.length), id, nonce, ciphertext]).toString('base64')
  }

  function decrypt(key: Key, blob: unknown, context: unknown): Buffer {
    const bytes = Buffer.from(String(blob), 'base64')
    if (bytes.length < 1 || bytes.length > 6144) refuse('ValidationException')
    const idLength = bytes[1] ?? 0
    const id = bytes.subarray(2, 2 + idLength).toString()
    if (bytes[0] !== 1 || !keys.has(id)) refuse('InvalidCiphertextException')
    if (id !== key.id) refuse('IncorrectKeyException')
    const rest = bytes.subarray(2 + idLength)
    try {
      const decipher = createDecipheriv('aes-256-gcm', key.material, rest.subarray(0, 12), { authTagLength: 16 })
      decipher.setAAD(aadOf(context))
      decipher.setAuthTag(rest.subarray(-16))
      return Buffer.concat([decipher.update(rest.subarray(12, -16)), decipher.final()])
    } catch (error) {
      if (error instanceof Refusal) throw error
      refuse('InvalidCiphertextException')
    }
  }

  const operations: { readonly [name: string]: (request: AwsRequest) => AwsReply['output'] } = {
    GenerateDataKey(request) {
      const { key, arn } = use(request)
      if (request.input.KeySpec !== 'AES_256') refuse('ValidationException')
      const plaintext = randomBytes(32)
      const blob = encrypt(key, plaintext, request.input.EncryptionContext)
      return { KeyId: arn, Plaintext: plaintext.toString('base64'), CiphertextBlob: blob }
    },
    Decrypt(request) {
      const { key, arn } = use(request)
      const plaintext = decrypt(key, request.input.CiphertextBlob, request.input.EncryptionContext)
      return { KeyId: arn, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
    },
    Encrypt(request) {
      const { key, arn } = use(request)
      const plaintext = Buffer.from(String(request.input.Plaintext), 'base64')
      return { KeyId: arn, CiphertextBlob: encrypt(key, plaintext, request.input.EncryptionContext) }
    },
    ReEncrypt(request) {
      const source = use(request, 'SourceKeyId')
      const destination = use(request, 'DestinationKeyId')
      const plaintext = decrypt(source.key, request.input.CiphertextBlob, request.input.SourceEncryptionContext)
      const blob = encrypt(destination.key, plaintext, request.input.DestinationEncryptionContext)
      return { CiphertextBlob: blob, SourceKeyId: source.arn, KeyId: destination.arn }
    },
    DescribeKey(request) {
      const { key, arn, state } = find(request, 'KeyId')
      if (restricted.has(key.id) || !mayDescribe) refuse('AccessDeniedException')
      const region = regionOf(request)
      return {
        KeyMetadata: {
          ...{ KeyId: key.id, Arn: arn, KeyState: state, KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' },
          ...{ Origin: 'AWS_KMS', KeyManager: 'CUSTOMER', MultiRegion: key.isMultiRegion },
          ...(key.isMultiRegion && {
            MultiRegionConfiguration: {
              MultiRegionKeyType: [...key.states.keys()][0] === region ? 'PRIMARY' : 'REPLICA',
            },
          }),
          ...(state === 'PendingDeletion' && { DeletionDate: 1_800_000_000 }),
        },
      }
    },
  }

  return {
    handler(request) {
      if (!String(request.headers.authorization).includes(`Credential=${accessKeyId}/`)) {
        return awsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
      }
      try {
        const operation = operations[request.operation]
        return operation ? { status: 200, output: operation(request) } : awsError('UnknownOperationException')
      } catch (error) {
        if (error instanceof Refusal) return error.reply
        throw error
      }
    },
    createKey({ region = 'us-east-1', isMultiRegion = false } = {}) {
      const id = isMultiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID()
      const key: Key = { id, material: randomBytes(32), isMultiRegion, states: new Map([[region, 'Enabled']]) }
      keys.set(id, key)
      return arnOf(key, region)
    },
    createAlias: (name, arn) => void aliases.set(`${arn.split(':')[3]} ${name}`, idOf(arn)),
    replicate: (arn, region) => void keys.get(idOf(arn))?.states.set(region, 'Enabled'),
    setState: (arn, state) => void keys.get(idOf(arn))?.states.set(arn.split(':')[3] ?? '', state),
    restrict: (arn, grantToken) => void restricted.set(idOf(arn), grantToken),
    forbidDescribing() {
      mayDescribe = false
    },
  }
}

/** The region a request is signed for: `Credential=AKID/20260101/us-east-1/kms/aws4_request`. */
export function regionOf({ headers }: AwsRequest): string {
  return String(headers.authorization).split('/')[2] ?? ''
}

/** Pairs in the order of their names; AWS refuses values that are empty. */
function aadOf(context: unknown): Buffer {
  const pairs = Object.entries(context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  if (pairs.some(([name, value]) => name === '' || value === '' || typeof value !== 'string'))
    refuse('ValidationException')
  return Buffer.from(JSON.stringify(pairs))
}
