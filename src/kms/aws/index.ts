import type { KMSClientConfig } from '@aws-sdk/client-kms'
import { KmsConfigurationError, UnknownKekError, UnwrapFailedError } from '../../errors/index.js'
import type { InspectableKms, UnwrapRequest } from '../kms.js'
import { detailsOf } from '../resilience/contract.js'
import { awsClients } from './clients.js'
import { decrypt, describeKey, encrypt, generateDataKey, reEncrypt } from './commands.js'
import { awsEncryptionContext } from './context.js'
import { kekDescription } from './describe.js'
import { type AwsKek, isMultiRegion, parseAwsKekUri, parseAwsKeyId, replicaIn } from './kek-uri.js'
import { awsPerformer, type Target } from './perform.js'
import { AWS_PERMISSIONS, awsPolicy } from './policy.js'

export interface AwsKmsOptions {
  /** The default KEK: key ARN (best: it fixes key and region), key id, `alias/…`, or alias ARN; or its `aws-kms://` URI. */
  readonly keyId: string
  /** Region of KEKs that are not named by ARN. Default: what the SDK finds (`AWS_REGION`, the shared configuration). */
  readonly region?: string
  /** Calls multi-Region keys (`mrk-…`) by their replica in this region, whatever region their ARN names. */
  readonly replicaRegion?: string
  /** Credentials, or a function that gets them. Default: the SDK's chain (environment, profile, web identity, metadata). */
  readonly credentials?: KMSClientConfig['credentials']
  /** Account ids whose ARNs this provider serves, where several `awsKms()` share the work. Default: every account. */
  readonly accounts?: readonly string[]
  /** Tokens of grants that have not yet reached all of AWS KMS. */
  readonly grantTokens?: readonly string[]
  /** URL to call in place of each region's own, such as an interface VPC endpoint. */
  readonly endpoint?: string
  /** Handler of HTTP requests, or its options (agent, proxy, certificates), as the SDK takes it. */
  readonly requestHandler?: KMSClientConfig['requestHandler']
  /** Milliseconds after which a call is given up. Default 10 000; `resilience` ends attempts sooner. */
  readonly timeoutMs?: number
  /** Name of the application, as `fieldseal({ app })` has it, for the condition in `policyFor`. Default `fieldseal`. */
  readonly app?: string
}

/** Bytes that `CiphertextBlob` may have; AWS refuses more as a malformed request. */
const MAX_CIPHERTEXT_BYTES = 6144

/**
 * Wraps keys with AWS KMS: GenerateDataKey, Decrypt, ReEncrypt and DescribeKey of a symmetric encryption key. The
 * encryption context is the context's pairs, and Decrypt always names the key.
 * @throws KmsConfigurationError if `keyId` names no key.
 * @example
 * const kms = awsKms({ keyId: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' })
 */
export function awsKms(options: AwsKmsOptions): InspectableKms {
  const { region, replicaRegion, accounts, grantTokens = [], timeoutMs = 10_000, app = 'fieldseal' } = options
  const defaultKek = `aws-kms://${requireKeyId(options.keyId).keyId}`
  const clients = awsClients({ ...options, timeoutMs })
  const { perform } = awsPerformer({ clients, timeoutMs, grantTokens })

  function isServed(kekUri: string, kek: AwsKek | undefined): kek is AwsKek {
    if (kek === undefined) return false
    return accounts === undefined || kekUri === defaultKek || accounts.includes(kek.arn?.account ?? '')
  }

  function targetOf(kekUri: string): Target {
    const kek = parseAwsKekUri(kekUri)
    if (!isServed(kekUri, kek)) throw new UnknownKekError([defaultKek], { kekUri })
    const { arn } = kek
    const isMoved = replicaRegion !== undefined && arn !== undefined && isMultiRegion(kek)
    return { kekUri, kek: isMoved ? replicaIn(replicaRegion, { ...kek, arn }) : kek }
  }

  return {
    defaultKek,
    serves: (kekUri) => isServed(kekUri, parseAwsKekUri(kekUri)),

    async generateDataKey(request) {
      const target = targetOf(request.kekUri)
      const context = awsEncryptionContext(request.context)
      return perform({ request, targets: [target] }, async (prepare) =>
        generateDataKey(await prepare(target), target.kek, context),
      )
    },

    async unwrap(request) {
      const target = targetOf(request.kekUri)
      const wrapped = requireCiphertext(request)
      const context = awsEncryptionContext(request.context)
      return perform({ request, targets: [target] }, async (prepare) =>
        decrypt(await prepare(target), target.kek, wrapped, context),
      )
    },

    async rewrap(request) {
      const [from, to] = [targetOf(request.kekUri), targetOf(request.toKekUri)]
      const wrapped = requireCiphertext(request)
      const context = awsEncryptionContext(request.context)
      const isSame = from.kekUri === to.kekUri
      return perform({ request, targets: isSame ? [from] : [from, to] }, async (prepare) => {
        const [source, destination] = [await prepare(from), await prepare(to)]
        if (source.region === destination.region) return reEncrypt(source, from.kek, to.kek, wrapped, context)
        // ReEncrypt stays within a region: from one to another, the key passes through this process.
        const plaintext = await decrypt(source, from.kek, wrapped, context)
        try {
          return await encrypt(destination, to.kek, plaintext, context)
        } finally {
          plaintext.fill(0)
        }
      })
    },

    permissionsFor: () => AWS_PERMISSIONS,

    async describe(request) {
      const target = targetOf(request.kekUri)
      return perform({ request, targets: [target] }, async (prepare) => {
        const sending = await prepare(target)
        return kekDescription(request.kekUri, sending.region, await describeKey(sending, target.kek))
      })
    },

    policyFor(kekUris) {
      const keks = kekUris.map((kekUri) => {
        const kek = parseAwsKekUri(kekUri)
        if (!isServed(kekUri, kek)) throw new UnknownKekError([defaultKek], { kekUri })
        return kek
      })
      return awsPolicy({ keks, app, region, replicaRegion })
    },

    dispose: () => clients.destroy(),
  }
}

function requireKeyId(keyId: string): AwsKek {
  const kek = parseAwsKekUri(keyId) ?? parseAwsKeyId(keyId)
  if (kek !== undefined) return kek
  throw new KmsConfigurationError(
    'keyId of awsKms() names no key. Pass a key ARN, a key id, an alias ARN, or an alias name that begins with "alias/".',
  )
}

/** Material that AWS would refuse as a malformed request, not as what it is: no wrapped key. */
function requireCiphertext(request: UnwrapRequest): Uint8Array {
  const { wrapped } = request
  if (wrapped.length > 0 && wrapped.length <= MAX_CIPHERTEXT_BYTES) return wrapped
  throw new UnwrapFailedError(detailsOf(request))
}
