import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, createPublicKey, randomBytes, verify } from 'node:crypto'
import { protos } from '@google-cloud/kms'
import { type FaultKind, RETRY_AFTER_MS } from '../../kms/conformance/provider-under-test.js'
import type { Certificate } from './certificate.js'
import {
  bytesField,
  frameOf,
  type GrpcCall,
  type GrpcOutcome,
  type GrpcStatus,
  listenGrpc,
  varintField,
  violation,
} from './gcp-wire.js'

const { kms } = protos.google.cloud
type State = keyof typeof protos.google.cloud.kms.v1.CryptoKeyVersion.CryptoKeyVersionState

interface Key {
  readonly name: string
  readonly versions: { readonly material: Buffer; state: State }[]
  isDenied: boolean
}

/** The symmetric keys of Cloud KMS in memory, behind its documented gRPC protocol. */
export interface GcpServer {
  readonly port: number
  readonly calls: readonly GrpcCall[]
  /** The last request to encrypt or decrypt, decoded. */
  lastInput(): { readonly [member: string]: unknown }
  /** Resource name of a new key. */
  createKey(): string
  /** Adds a version, which wraps from then on. */
  rotate(name: string): void
  setState(name: string, state: State): void
  deny(name: string): void
  fault(kind: FaultKind | undefined): Promise<void>
  /** Answers all calls with this status, until there is none. */
  answer(status: GrpcStatus | undefined): void
  /** Changes replies before they are encoded, until there is nothing to change. */
  tamper(change: ((reply: object) => object) | undefined): void
  close(): Promise<void>
}

/** Ends a call with a status. */
class Refusal extends Error {
  constructor(readonly status: GrpcStatus) {
    super('refused')
  }
}

function refuse(status: number, message: string, ...details: NonNullable<GrpcStatus['details']>): never {
  throw new Refusal({ status, message, details })
}

const RETRY_INFO = {
  type: 'google.rpc.RetryInfo',
  value: bytesField(1, varintField(1, RETRY_AFTER_MS / 1000)),
}

/** @param account whose signed tokens are taken. */
export async function startGcpServer(
  certificate: Certificate,
  account: { readonly email: string; readonly publicKey: string },
): Promise<GcpServer> {
  const keys = new Map<string, Key>()
  const calls: GrpcCall[] = []
  let standing: FaultKind | undefined
  let answered: GrpcStatus | undefined
  let changed = (reply: object): object => reply

  const operations: { readonly [method: string]: (request: Uint8Array) => Uint8Array } = {
    Encrypt(bytes) {
      const request = kms.v1.EncryptRequest.decode(bytes)
      const key = find(request.name)
      const { material, name } = usable(key, key.versions.length)
      const [plaintext, aad] = [Buffer.from(request.plaintext), Buffer.from(request.additionalAuthenticatedData)]
      if (plaintext.length === 0 || plaintext.length > 65536) refuse(3, 'plaintext has no valid length')
      requireChecksum(request.plaintextCrc32c, plaintext)
      requireChecksum(request.additionalAuthenticatedDataCrc32c, aad)
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', material, nonce).setAAD(aad)
      const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
      const ciphertext = Buffer.concat([Buffer.of(0x0a, key.versions.length), nonce, sealed])
      const reply = {
        name: isStanding('answered with another KEK') ? `${key.name}x/cryptoKeyVersions/1` : name,
        ciphertext,
        ciphertextCrc32c: { value: checksum(ciphertext) + (isStanding('wrong checksum') ? 1 : 0) },
        verifiedPlaintextCrc32c: request.plaintextCrc32c !== null,
        verifiedAdditionalAuthenticatedDataCrc32c: request.additionalAuthenticatedDataCrc32c !== null,
        protectionLevel: kms.v1.ProtectionLevel.SOFTWARE,
      }
      return kms.v1.EncryptResponse.encode(changed(reply)).finish()
    },
    Decrypt(bytes) {
      const request = kms.v1.DecryptRequest.decode(bytes)
      const key = find(request.name)
      const [ciphertext, aad] = [Buffer.from(request.ciphertext), Buffer.from(request.additionalAuthenticatedData)]
      requireChecksum(request.ciphertextCrc32c, ciphertext)
      requireChecksum(request.additionalAuthenticatedDataCrc32c, aad)
      const number = ciphertext[1] ?? 0
      if (ciphertext[0] !== 0x0a || number < 1 || number > key.versions.length)
        refuse(3, 'Decryption failed: it is invalid.')
      const { material } = usable(key, number)
      let plaintext: Buffer
      try {
        const decipher = createDecipheriv('aes-256-gcm', material, ciphertext.subarray(2, 14), { authTagLength: 16 })
        decipher.setAAD(aad).setAuthTag(ciphertext.subarray(-16))
        plaintext = Buffer.concat([decipher.update(ciphertext.subarray(14, -16)), decipher.final()])
      } catch {
        refuse(3, "Decryption failed: verify that 'name' refers to the correct CryptoKey.")
      }
      if (isStanding('key of wrong length')) plaintext = plaintext.subarray(1)
      const reply = {
        plaintext,
        plaintextCrc32c: { value: checksum(plaintext) + (isStanding('wrong checksum') ? 1 : 0) },
        usedPrimary: number === key.versions.length,
        protectionLevel: kms.v1.ProtectionLevel.SOFTWARE,
      }
      return kms.v1.DecryptResponse.encode(changed(reply)).finish()
    },
    GetCryptoKey(bytes) {
      const { name } = kms.v1.GetCryptoKeyRequest.decode(bytes)
      const key = find(name)
      const primary = key.versions.at(-1)
      const reply = {
        name: isStanding('answered with another KEK') ? `${name}x` : name,
        purpose: kms.v1.CryptoKey.CryptoKeyPurpose.ENCRYPT_DECRYPT,
        rotationPeriod: { seconds: 7_776_000 },
        primary: {
          name: `${name}/cryptoKeyVersions/${key.versions.length}`,
          state: kms.v1.CryptoKeyVersion.CryptoKeyVersionState[primary?.state ?? 'ENABLED'],
          algorithm: kms.v1.CryptoKeyVersion.CryptoKeyVersionAlgorithm.GOOGLE_SYMMETRIC_ENCRYPTION,
          protectionLevel: kms.v1.ProtectionLevel.SOFTWARE,
        },
      }
      return kms.v1.CryptoKey.encode(changed(reply)).finish()
    },
  }

  const isStanding = (kind: FaultKind): boolean => standing === kind

  function find(name: string): Key {
    const key = keys.get(name)
    if (key === undefined) refuse(5, `CryptoKey ${name} not found.`)
    if (key.isDenied) refuse(7, `Permission denied on resource '${name}'.`)
    return key
  }

  function usable(key: Key, number: number): { material: Buffer; name: string } {
    const name = `${key.name}/cryptoKeyVersions/${number}`
    const version = key.versions[number - 1]
    if (version === undefined) refuse(5, `${name} not found.`)
    if (version.state !== 'ENABLED') {
      const type = version.state === 'DESTROY_SCHEDULED' ? 'KEY_DESTROY_SCHEDULED' : `KEY_${version.state}`
      refuse(9, `${name} is not enabled, current state is: ${version.state}.`, violation(type, name))
    }
    return { material: version.material, name }
  }

  /** Service accounts sign their own tokens (RS256). */
  function isKnown({ headers }: GrpcCall): boolean {
    const [head = '', claims = '', signature = ''] = String(headers.authorization)
      .replace(/^Bearer /, '')
      .split('.')
    if (signature === '') return false
    const { iss, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString())
    const isSigned = verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      createPublicKey(account.publicKey),
      Buffer.from(signature, 'base64url'),
    )
    return isSigned && iss === account.email && exp * 1000 > Date.now()
  }

  function handle(call: GrpcCall): GrpcOutcome | undefined {
    calls.push(call)
    if (answered !== undefined) return answered
    // Google quotes requests in some messages: nothing of that may come out of a provider.
    const quoted = `${Buffer.from(call.request).toString('base64')} by ${call.headers.authorization}`
    switch (standing) {
      case 'throttled':
        return { status: 8, message: quoted }
      case 'throttled with a time to wait':
        return { status: 8, message: quoted, details: [RETRY_INFO] }
      case 'server error':
        return { status: 13, message: quoted }
      case 'unavailable':
        return { status: 14, message: quoted }
      case 'not authenticated':
        return { status: 16, message: quoted }
      case 'access denied':
        return { status: 7, message: quoted }
      case 'hang':
        return undefined
      case 'not the protocol':
        return { reply: Buffer.from(`\xff\xff\xff${quoted}`, 'latin1') }
      case 'missing fields':
        return { reply: new Uint8Array(0) }
    }
    if (!isKnown(call)) return { status: 16, message: 'Request had invalid authentication credentials.' }
    try {
      const reply = operations[call.method]?.(call.request)
      if (reply === undefined) return { status: 12, message: 'not of this server' }
      if (!isStanding('reset mid-reply')) return { reply }
      const { stream } = call
      stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' })
      stream.write(frameOf(reply).subarray(0, reply.length >> 1), () => stream.session?.destroy())
      return undefined
    } catch (error) {
      if (error instanceof Refusal) return error.status
      return { status: 13, message: String(error) }
    }
  }

  const listener = await listenGrpc(certificate, handle)
  const keyOf = (name: string): Key => {
    const key = keys.get(name)
    if (key === undefined) throw new Error(`no key ${name}`)
    return key
  }
  return {
    port: listener.port,
    calls,
    lastInput() {
      const { method = '', request = new Uint8Array(0) } = calls.at(-1) ?? {}
      const { EncryptRequest, DecryptRequest } = kms.v1
      return method === 'Encrypt'
        ? EncryptRequest.toObject(EncryptRequest.decode(request), { longs: Number })
        : DecryptRequest.toObject(DecryptRequest.decode(request), { longs: Number })
    },
    createKey() {
      const name = `projects/acme/locations/europe-west3/keyRings/app/cryptoKeys/k${randomBytes(6).toString('hex')}`
      keys.set(name, { name, versions: [{ material: randomBytes(32), state: 'ENABLED' }], isDenied: false })
      return name
    },
    rotate: (name) => void keyOf(name).versions.push({ material: randomBytes(32), state: 'ENABLED' }),
    setState(name, state) {
      for (const version of keyOf(name).versions) version.state = state
    },
    deny(name) {
      keyOf(name).isDenied = true
    },
    async fault(kind) {
      // What was left hanging is ended too, as a restart of the server would.
      if (kind === 'connection refused' || standing === 'hang') await listener.refuse()
      if (kind !== 'connection refused') await listener.accept()
      standing = kind
    },
    answer(status) {
      answered = status
    },
    tamper(change) {
      changed = change ?? ((reply) => reply)
    },
    close: () => listener.refuse(),
  }
}

/** CRC-32C bit by bit, as its definition has it: not the code under test. */
function checksum(bytes: Uint8Array): number {
  let remainder = 0xffffffff
  for (const byte of bytes) {
    remainder ^= byte
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (0x82f63b78 & -(remainder & 1))
  }
  return ~remainder >>> 0
}

function requireChecksum(wrapper: protos.google.protobuf.IInt64Value | null | undefined, bytes: Uint8Array): void {
  if (wrapper === null || wrapper === undefined) return
  if (String(wrapper.value) !== String(checksum(bytes))) refuse(3, 'The checksum does not match the data.')
}
