import { Buffer } from 'node:buffer'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { decodeBase64url, requireKey } from '../crypto/index.js'
import { KekUnavailableError, KmsConfigurationError, NotForProductionError, UnknownKekError } from '../errors/index.js'
import type { InspectableKms, UnwrapRequest } from './kms.js'
import { generateWrapped, unwrapWith, wrapWith } from './wrapping.js'

/** The variable that holds the master key unless an option says otherwise. */
export const LOCAL_KEY_VARIABLE = 'FIELDSEAL_LOCAL_KEY'

export interface LocalKmsOptions {
  /** The master key: 64 hex digits, or base64 of 32 bytes. Default: the variable `FIELDSEAL_LOCAL_KEY`. */
  readonly key?: string
  /** How messages call the place `key` came from; default `the option key`. */
  readonly keySource?: string
  /** A file that holds the master key and that only its owner may read (mode 0600). */
  readonly keyFile?: string
  /** Last part of the KEK URI `local://<name>`; default `default`. Tells several local keys apart. */
  readonly name?: string
  /** Says that a master key in this process's memory is good enough for production. Default false. */
  readonly allowInProduction?: boolean
}

/**
 * Wraps keys with a 256-bit master key in this process: for development, tests and single-machine installations.
 * AES-256-GCM with the encryption context as AAD (NIST SP 800-38D).
 * @throws NotForProductionError under `NODE_ENV=production` unless `allowInProduction` is set.
 * @throws KmsConfigurationError if the key is missing or malformed, or its file is open to others.
 * @example
 * const kms = localKms({ keyFile: '/etc/myapp/fieldseal.key' })
 */
export function localKms(options: LocalKmsOptions = {}): InspectableKms {
  if (process.env.NODE_ENV === 'production' && options.allowInProduction !== true) {
    throw new NotForProductionError(
      'The local KMS keeps its master key in this process, so it refuses to run under NODE_ENV=production. Use a cloud KMS, or pass allowInProduction: true to localKms().',
    )
  }
  const name = options.name ?? 'default'
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(name)) {
    throw new KmsConfigurationError('The name of a local KMS has 1 to 100 characters A-Z a-z 0-9 . _ -')
  }
  const { text, source } = readMasterKey(options)
  const masterKey = parseMasterKey(text, source)
  const only = `local://${name}`
  const unwrap = ({ kekUri, wrapped, context }: UnwrapRequest): Uint8Array =>
    unwrapWith(
      masterKey,
      wrapped,
      context,
      { keyId: context.keyId, tenant: context.tenant, kekUri },
      `Check that ${source} holds the master key the row was wrapped with`,
    )
  return {
    defaultKek: only,
    serves: (uri) => uri === only,
    generateDataKey: async ({ context }) => generateWrapped(masterKey, context),
    unwrap: async (request) => unwrap(request),
    async rewrap(request) {
      if (request.toKekUri !== only) throw new UnknownKekError([only], { kekUri: request.toKekUri })
      const plaintext = unwrap(request)
      try {
        return wrapWith(masterKey, plaintext, request.context)
      } finally {
        plaintext.fill(0)
      }
    },
    permissionsFor: () => ({ generateDataKey: [], unwrap: [], rewrap: [], describe: [] }),
    describe: async ({ kekUri }) => {
      if (kekUri !== only) throw new KekUnavailableError('not found', { kekUri })
      return { kekUri, state: 'enabled', facts: { algorithm: 'AES-256-GCM', 'master key': source } }
    },
    policyFor: () => ({ kind: 'note', text: `Only the processes that use the master key may read ${source}.` }),
  }
}

interface MasterKeyText {
  readonly text: string
  /** How messages call the place it came from. */
  readonly source: string
}

function readMasterKey({ key, keySource = 'the option key', keyFile }: LocalKmsOptions): MasterKeyText {
  if (key !== undefined && keyFile !== undefined) {
    throw new KmsConfigurationError('localKms() was given both key and keyFile. Give one.')
  }
  if (key !== undefined) return { text: key, source: keySource }
  if (keyFile !== undefined) return { text: readKeyFile(keyFile), source: `the key file ${keyFile}` }
  const text = process.env[LOCAL_KEY_VARIABLE]
  if (text === undefined || text === '') {
    throw new KmsConfigurationError(
      `The local KMS has no master key: ${LOCAL_KEY_VARIABLE} is not set. Make one with "npx fieldseal keygen" and set the variable, or pass keyFile to localKms().`,
    )
  }
  return { text, source: `the variable ${LOCAL_KEY_VARIABLE}` }
}

function readKeyFile(file: string): string {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    const { mode } = fstatSync(descriptor)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new KmsConfigurationError(
        `The key file ${file} may be read by others (mode ${(mode & 0o777).toString(8)}). Run "chmod 600 ${file}".`,
      )
    }
    return readFileSync(descriptor, 'utf8')
  } catch (error) {
    if (error instanceof KmsConfigurationError) throw error
    throw new KmsConfigurationError(
      `The key file ${file} cannot be read. Make one with "npx fieldseal keygen --out ${file}", or correct keyFile.`,
    )
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function parseMasterKey(text: string, source: string): Uint8Array {
  const trimmed = text.trim()
  const bytes = /^[0-9a-fA-F]{64}$/.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : decodeBase64url(trimmed.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'))
  try {
    return requireKey(bytes ?? new Uint8Array(0))
  } catch {
    throw new KmsConfigurationError(
      `The master key in ${source} is malformed: it must be 64 hex digits, or base64 of 32 bytes, and not all zero. Make one with "npx fieldseal keygen".`,
    )
  }
}
