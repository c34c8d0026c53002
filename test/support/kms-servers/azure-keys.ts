import {
  constants,
  createCipheriv,
  createDecipheriv,
  createECDH,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'

/** A refusal, as Key Vault answers it: a status and codes, each within the one before. */
export class AzureRefusal extends Error {
  constructor(
    readonly status: number,
    readonly codes: readonly string[],
  ) {
    super(codes.join('.'))
  }
}

const badParameter = () => new AzureRefusal(400, ['BadParameter'])
const bytes = (value: unknown): Buffer => Buffer.from(String(value), 'base64url')
const text = (value: Uint8Array): string => Buffer.from(value).toString('base64url')

/** One version of a key: its public half as a JWK, and what can be done with it. */
export interface KeyMaterial {
  readonly kty: string
  readonly jwk: object
  carryOut(verb: string, body: Record<string, unknown>): object
}

/** Pairs are costly to make: one is used again wherever it is called by the same name. */
const rsaPairs = new Map<string, { publicKey: KeyObject; privateKey: KeyObject }>()

/** An RSA key that wraps with RSA-OAEP-256. */
export function rsaKey(pair = 'first', kty = 'RSA'): KeyMaterial {
  const keys = rsaPairs.get(pair) ?? generateKeyPairSync('rsa', { modulusLength: 2048 })
  rsaPairs.set(pair, keys)
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  return {
    kty,
    jwk: { ...keys.publicKey.export({ format: 'jwk' }), kty, key_ops: ['wrapKey', 'unwrapKey'] },
    carryOut(verb, { alg, value }) {
      if (alg !== 'RSA-OAEP-256') throw badParameter()
      if (verb === 'wrapkey') return { value: text(publicEncrypt({ key: keys.publicKey, ...padding }, bytes(value))) }
      if (verb !== 'unwrapkey') throw badParameter()
      try {
        return { value: text(privateDecrypt({ key: keys.privateKey, ...padding }, bytes(value))) }
      } catch {
        throw badParameter()
      }
    },
  }
}

/** A symmetric key of a Managed HSM, which encrypts with A256GCM under an IV of its own. */
export function aesKey(): KeyMaterial {
  const key = randomBytes(32)
  return {
    kty: 'oct-HSM',
    jwk: { kty: 'oct-HSM', key_ops: ['encrypt', 'decrypt'] },
    carryOut(verb, { alg, value, aad, iv, tag }) {
      if (alg !== 'A256GCM') throw badParameter()
      if (verb === 'encrypt') {
        // The service makes the IV; one of the caller's would be refused.
        if (iv !== undefined) throw badParameter()
        const nonce = randomBytes(12)
        const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bytes(aad))
        const ciphertext = Buffer.concat([cipher.update(bytes(value)), cipher.final()])
        return { value: text(ciphertext), iv: text(nonce), tag: text(cipher.getAuthTag()), aad }
      }
      if (verb !== 'decrypt') throw badParameter()
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes(iv)).setAAD(bytes(aad)).setAuthTag(bytes(tag))
        return { value: text(Buffer.concat([decipher.update(bytes(value)), decipher.final()])) }
      } catch {
        throw badParameter()
      }
    },
  }
}

/** An EC key that signs a SHA-256 digest with ES256. */
export function ecKey(namedCurve: 'P-256' | 'P-384' = 'P-256'): KeyMaterial {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
  return {
    kty: 'EC',
    jwk: { ...publicKey.export({ format: 'jwk' }), key_ops: ['sign', 'verify'] },
    carryOut(verb, { alg, value }) {
      if (verb !== 'sign' || alg !== 'ES256') throw badParameter()
      return { value: text(signDigest(privateKey, bytes(value))) }
    },
  }
}

/** Order of the base point of P-256 (FIPS 186-5). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const number = (of: Buffer): bigint => BigInt(`0x${of.toString('hex')}`)
const word = (of: bigint): Buffer => Buffer.from(of.toString(16).padStart(64, '0'), 'hex')

/** ECDSA (FIPS 186-5 §6.4) of a digest that was made elsewhere, which `node:crypto` does not offer. */
function signDigest(key: KeyObject, digest: Buffer): Buffer {
  const once = createECDH('prime256v1')
  // The first coordinate of a point in uncompressed form.
  const r = number(once.generateKeys().subarray(1, 33)) % ORDER
  const d = number(bytes(key.export({ format: 'jwk' }).d))
  const s = (inverse(number(once.getPrivateKey())) * (number(digest) + r * d)) % ORDER
  return Buffer.concat([word(r), word(s)])
}

/** By Fermat: the order is prime. */
function inverse(of: bigint): bigint {
  let result = 1n
  for (let power = of, rest = ORDER - 2n; rest > 0n; rest >>= 1n, power = (power * power) % ORDER) {
    if (rest & 1n) result = (result * power) % ORDER
  }
  return result
}
