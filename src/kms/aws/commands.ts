import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  type KeyMetadata,
  type KMSClient,
  ReEncryptCommand,
} from '@aws-sdk/client-kms'
import { KEY_BYTES, takeKey } from '../../crypto/index.js'
import { type ErrorDetails, KmsReplyError } from '../../errors/index.js'
import type { DataKey } from '../kms.js'
import { type AwsKek, couldBe } from './kek-uri.js'

/** What a command needs beside its own parameters. */
export interface Sending {
  readonly client: KMSClient
  readonly signal: AbortSignal
  readonly grantTokens: readonly string[]
  /** What an error tells of the request. */
  readonly about: ErrorDetails
}

type Context = Record<string, string>

// Each function sends one command, once, and checks that the reply is one to it.

export async function generateDataKey(sending: Sending, kek: AwsKek, context: Context): Promise<DataKey> {
  const { client, signal, ...rest } = sending
  const command = new GenerateDataKeyCommand({
    ...grants(rest),
    KeyId: kek.keyId,
    KeySpec: 'AES_256',
    EncryptionContext: context,
  })
  const { Plaintext, CiphertextBlob, KeyId, $metadata } = await client.send(command, { abortSignal: signal })
  const about = aboutReply(rest, $metadata)
  try {
    requireKek(kek, KeyId, about)
    const wrapped = ownCiphertext(CiphertextBlob, about)
    return { plaintext: ownKey(Plaintext, about), wrapped }
  } finally {
    Plaintext?.fill(0)
  }
}

export async function decrypt(sending: Sending, kek: AwsKek, wrapped: Uint8Array, context: Context) {
  const { client, signal, ...rest } = sending
  const command = new DecryptCommand({
    ...grants(rest),
    KeyId: kek.keyId,
    CiphertextBlob: wrapped,
    EncryptionContext: context,
  })
  const { Plaintext, KeyId, $metadata } = await client.send(command, { abortSignal: signal })
  const about = aboutReply(rest, $metadata)
  try {
    requireKek(kek, KeyId, about)
    return ownKey(Plaintext, about)
  } finally {
    Plaintext?.fill(0)
  }
}

export async function encrypt(sending: Sending, kek: AwsKek, plaintext: Uint8Array, context: Context) {
  const { client, signal, ...rest } = sending
  const command = new EncryptCommand({
    ...grants(rest),
    KeyId: kek.keyId,
    Plaintext: plaintext,
    EncryptionContext: context,
  })
  const { CiphertextBlob, KeyId, $metadata } = await client.send(command, { abortSignal: signal })
  const about = aboutReply(rest, $metadata)
  requireKek(kek, KeyId, about)
  return ownCiphertext(CiphertextBlob, about)
}

export async function reEncrypt(sending: Sending, from: AwsKek, to: AwsKek, wrapped: Uint8Array, context: Context) {
  const { client, signal, ...rest } = sending
  const command = new ReEncryptCommand({
    ...grants(rest),
    CiphertextBlob: wrapped,
    SourceKeyId: from.keyId,
    SourceEncryptionContext: context,
    DestinationKeyId: to.keyId,
    DestinationEncryptionContext: context,
  })
  const { CiphertextBlob, KeyId, SourceKeyId, $metadata } = await client.send(command, { abortSignal: signal })
  const about = aboutReply(rest, $metadata)
  requireKek(from, SourceKeyId, about)
  requireKek(to, KeyId, about)
  return ownCiphertext(CiphertextBlob, about)
}

export async function describeKey(sending: Sending, kek: AwsKek): Promise<KeyMetadata> {
  const { client, signal, ...rest } = sending
  const command = new DescribeKeyCommand({ ...grants(rest), KeyId: kek.keyId })
  const { KeyMetadata: key, $metadata } = await client.send(command, { abortSignal: signal })
  const about = aboutReply(rest, $metadata)
  requireKek(kek, key?.Arn, about)
  if (key?.KeyState === undefined) throw new KmsReplyError('it tells no key state', about)
  return key
}

function grants({ grantTokens }: Pick<Sending, 'grantTokens'>): { GrantTokens?: string[] } {
  return grantTokens.length > 0 ? { GrantTokens: [...grantTokens] } : {}
}

function aboutReply(
  { about }: Pick<Sending, 'about'>,
  reply: { readonly requestId?: string | undefined },
): ErrorDetails {
  return reply.requestId === undefined ? about : { ...about, requestId: reply.requestId }
}

function requireKek(kek: AwsKek, replied: string | undefined, about: ErrorDetails): void {
  if (!couldBe(kek, replied)) throw new KmsReplyError('it does not name the key it was asked about', about)
}

/** In memory of its own: the SDK decodes into a pool of Node.js that others read. */
function ownKey(plaintext: Uint8Array | undefined, about: ErrorDetails): Uint8Array {
  if (plaintext?.length !== KEY_BYTES) throw new KmsReplyError(`it holds no key of ${KEY_BYTES} bytes`, about)
  return takeKey(plaintext)
}

function ownCiphertext(ciphertext: Uint8Array | undefined, about: ErrorDetails): Uint8Array {
  if (ciphertext === undefined || ciphertext.length === 0) throw new KmsReplyError('it holds no wrapped key', about)
  return Uint8Array.from(ciphertext)
}
