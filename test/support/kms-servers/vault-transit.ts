import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** A refusal, as Vault answers it. */
export class VaultRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

interface TransitKey {
  readonly type: string
  readonly derived: boolean
  readonly versions: Buffer[]
  minDecryptionVersion: number
  softDeleted: boolean
}

export interface TransitRequest {
  readonly context?: unknown
  readonly ciphertext?: unknown
  readonly plaintext?: unknown
  readonly bits?: unknown
}

/** The transit engine: keys with versions, a key of its own for each context (HKDF-SHA-256), AES-256-GCM. */
export function transitEngine() {
  const keys = new Map<string, TransitKey>()
  const find = (name: string): TransitKey => {
    const key = keys.get(name)
    if (key === undefined) throw new VaultRefusal(400, 'encryption key not found')
    return key
  }
  const usable = (name: string): TransitKey => {
    const key = find(name)
    if (key.softDeleted) throw new VaultRefusal(400, 'refusing to use soft-deleted key')
    return key
  }
  const keyFor = (key: TransitKey, version: number, context: unknown): Buffer => {
    const root = key.versions[version - 1]
    if (root === undefined) throw new VaultRefusal(400, 'invalid ciphertext: version is too new')
    if (!key.derived) return root
    if (typeof context !== 'string' || context === '')
      throw new VaultRefusal(400, "missing 'context' for key derivation")
    return Buffer.from(hkdfSync('sha256', root, '', Buffer.from(context, 'base64'), 32))
  }
  const seal = (key: TransitKey, plaintext: Buffer, context: unknown) => {
    const version = key.versions.length
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', keyFor(key, version, context), nonce)
    const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
    return { ciphertext: `vault:v${version}:${sealed.toString('base64')}`, key_version: version }
  }
  const open = (key: TransitKey, ciphertext: unknown, context: unknown): Buffer => {
    // As lenient as Vault: version 0 stands for 1, and white space is no matter.
    const [, digits, text] = /^vault:v(\d+):(.*)$/s.exec(String(ciphertext)) ?? []
    if (digits === undefined || text === undefined) throw new VaultRefusal(400, 'invalid ciphertext: no prefix')
    const version = Math.max(1, Number(digits))
    if (version < key.minDecryptionVersion) throw new VaultRefusal(400, 'version is disallowed by policy (too old)')
    const bytes = Buffer.from(text, 'base64')
    if (bytes.length < 28) throw new VaultRefusal(400, 'invalid ciphertext length')
    const decipher = createDecipheriv('aes-256-gcm', keyFor(key, version, context), bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(-16))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
    } catch {
      throw new VaultRefusal(400, 'cipher: message authentication failed')
    }
  }

  return {
    create(name: string, { type = 'aes256-gcm96', derived = true } = {}): void {
      const versions = [randomBytes(32)]
      keys.set(name, { type, derived, versions, minDecryptionVersion: 1, softDeleted: false })
    },
    rotate: (name: string) => void find(name).versions.push(randomBytes(32)),
    requireVersion(name: string, version: number): void {
      find(name).minDecryptionVersion = version
    },
    softDelete(name: string): void {
      find(name).softDeleted = true
    },
    remove: (name: string) => void keys.delete(name),

    /** What `GET keys/NAME` answers. */
    read(name: string): object {
      const key = keys.get(name)
      if (key === undefined) throw new VaultRefusal(404, '')
      return {
        ...{ name, type: key.type, derived: key.derived, exportable: false, deletion_allowed: false },
        latest_version: key.versions.length,
        min_decryption_version: key.minDecryptionVersion,
        soft_deleted: key.softDeleted,
        supports_encryption: true,
      }
    },
    /** What `POST VERB/NAME` answers. */
    carryOut(verb: string, name: string, { context, ciphertext, plaintext, bits }: TransitRequest): object {
      const key = usable(name)
      switch (verb) {
        case 'datakey/plaintext': {
          const dataKey = randomBytes(Number(bits) / 8)
          return { plaintext: dataKey.toString('base64'), ...seal(key, dataKey, context) }
        }
        case 'encrypt':
          return seal(key, Buffer.from(String(plaintext), 'base64'), context)
        case 'decrypt':
          return { plaintext: open(key, ciphertext, context).toString('base64') }
        case 'rewrap':
          return seal(key, open(key, ciphertext, context), context)
      }
      throw new VaultRefusal(404, 'unsupported path')
    },
  }
}

export type TransitEngine = ReturnType<typeof transitEngine>
