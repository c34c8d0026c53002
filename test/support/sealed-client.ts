import { createRequire } from 'node:module'
import { policyOf } from '../../src/generator/policy-of.js'
import { type EncryptionPolicy, fieldseal, type PrismaFieldseal, type PrismaFieldsealOptions } from '../../src/index.js'
import { type MemoryKms, type MemoryKmsOptions, memoryKms } from '../../src/testing/index.js'
import type { TestClient } from './client-types.js'
import { type ClientOptions, type PreparedClient, type PrepareOptions, prepareClient } from './prepare-client.js'

/** A client with the extension, as the tests see it. */
export type SealedClient = TestClient & { readonly $fieldseal: PrismaFieldseal<EncryptionPolicy> }

/** A database with one base client on it, and as many extended ones as a test wants. */
export interface SealedBench extends PreparedClient {
  readonly policy: EncryptionPolicy
  readonly kms: MemoryKms
  /** A client without the extension. */
  readonly base: TestClient
  /** The extended client most tests use: keys cached by process, so that tests need not open contexts for speed. */
  readonly sealed: SealedClient
  /** Another extended client, of its own keyring, on a base client of its own. */
  extend(options?: Partial<PrismaFieldsealOptions<EncryptionPolicy>>, client?: ClientOptions): SealedClient
}

/** The policy of a schema, as the generator would write it. */
export async function policyOfSchema(schema: string): Promise<EncryptionPolicy> {
  const require = createRequire(import.meta.url)
  const { getDMMF } = require('@prisma/get-dmmf') as { getDMMF(options: { datamodel: string }): Promise<unknown> }
  // The parser is Prisma 7's, which wants no URL in the schema; a schema for 6.x has one.
  const dmmf = await getDMMF({ datamodel: schema.replace(/^ *url *=.*$/m, '') })
  return policyOf({ dmmf, datamodel: schema })
}

/** Generates, creates and extends. */
export async function prepareSealed(
  options: PrepareOptions & { readonly kms?: MemoryKmsOptions },
): Promise<SealedBench> {
  const prepared = await prepareClient(options)
  const policy = await policyOfSchema(prepared.schema)
  const kms = memoryKms(options.kms)
  const base = prepared.client()
  const extend: SealedBench['extend'] = (extension, client) => {
    const target = client === undefined ? base : prepared.client(client)
    return target.$extends(fieldseal({ policy, kms, cache: { scope: 'process' }, ...extension })) as SealedClient
  }
  return { ...prepared, policy, kms, base, sealed: extend(), extend }
}
