import { describe, expect, test } from 'vitest'
import { StalePolicyError } from '../../src/errors/index.js'
import { assertSealed, fieldseal } from '../../src/index.js'
import { digestOfSource } from '../../src/policy/digest.js'
import type { EncryptionPolicy } from '../../src/policy/index.js'
import { requireFreshPolicy } from '../../src/prisma/policy-check.js'
import { memoryKms } from '../../src/testing/index.js'
import type { TestClient } from '../support/client-types.js'
import { configurations } from '../support/matrix.js'
import { policyOfSchema, prepareSealed, type SealedBench } from '../support/sealed-client.js'

async function withBench(work: (bench: SealedBench) => unknown): Promise<void> {
  const bench = await prepareSealed({ database: 'sqlite' })
  try {
    await work(bench)
  } finally {
    await bench.dispose()
  }
}

const extend = (client: TestClient, policy: EncryptionPolicy): unknown =>
  client.$extends(fieldseal({ policy, kms: memoryKms() }))

/** Ways in which a schema moves on while a policy, or a client, stays behind. */
const CHANGES: readonly (readonly [what: string, from: string | RegExp, to: string])[] = [
  ['an annotation was added', /( city +String\?)/, '$1 /// @encrypted'],
  ['an annotation was removed', /( {2}name +String) \/\/\/ @encrypted/, '$1'],
  ['an annotation’s argument changed', '@encrypted(type: Int)', '@encrypted(type: Float)'],
  ['a normaliser was added', '@blindIndex(phone)', '@blindIndex(phone, normalize: [digits])'],
  ['a tenant’s path was removed', '/// @tenant(client.firmId)\n', ''],
  ['a field was added', /( {2}city +String\?)/, '  town String?\n$1'],
  ['a field was removed', /\n {2}city +String\?/, ''],
  ['a field’s type changed', /( {2}city +)String\?/, '$1Int?'],
  ['a default was added', /( {2}city +String\?)/, '$1 @default("Bern")'],
  ['a unique key was added', /( {2}city +String\?)/, '$1 @unique'],
  ['a column was renamed', /( {2}city +String\?)/, '$1 @map("town")'],
  ['a model was added', /$/, '\nmodel Extra {\n  id Int @id\n}\n'],
  ['a model was removed', /model AppSecret \{[^}]*\}/, ''],
]

describe('a policy', () => {
  test.each(configurations({ databases: ['sqlite'] }))(
    'has the same digest as the client of $title',
    async (configuration) => {
      const bench = await prepareSealed(configuration)
      try {
        const engine: unknown = Reflect.get(bench.base, '_engineConfig')
        const embedded: unknown = Reflect.get(Object(engine), 'inlineSchema')
        expect(embedded).not.toBe(bench.schema)
        expect(digestOfSource([{ path: 'embedded', text: String(embedded) }])).toBe(bench.policy.digest)
        expect(() => extend(bench.base, bench.policy)).not.toThrow()
        expect(() => extend(bench.base, { ...bench.policy, digest: '0'.repeat(64) })).toThrow(StalePolicyError)
      } finally {
        await bench.dispose()
      }
    },
  )

  test.each(CHANGES)('from a schema in which %s is refused when the client is extended', async (_, from, to) => {
    await withBench(async ({ base, schema }) => {
      const changed = schema.replace(from, to)
      expect(changed).not.toBe(schema)
      const policy = await policyOfSchema(changed)
      expect(() => extend(base, policy)).toThrow(StalePolicyError)
      expect(() => extend(base, policy)).toThrow(/the schema has changed.*Run prisma generate/)
    })
  })

  test.each([
    ['a comment', /( {2}city +String\?)/, '$1 // where they live'],
    ['another tool’s annotation', /( {2}city +String\?)/, '$1 /// @zod.min(1)'],
    ['blanks and the order of blocks', /(model Firm \{[^}]*\})([\s\S]*)$/, '$2\n\n\n$1'],
    ['the generator’s settings', /generator client \{/, 'generator client {\n  previewFeatures = ["nativeDistinct"]'],
  ])('from a schema that differs only in %s is taken', async (_, from, to) => {
    await withBench(async ({ base, schema }) => {
      const changed = schema.replace(from, to)
      expect(changed).not.toBe(schema)
      const policy = await policyOfSchema(changed)
      expect(() => extend(base, policy)).not.toThrow()
    })
  })

  test('for another database than the client’s is refused', async () => {
    await withBench(async ({ base, schema }) => {
      const policy = await policyOfSchema(schema.replace('provider = "sqlite"', 'provider = "postgresql"'))
      expect(() => extend(base, policy)).toThrow(StalePolicyError)
      expect(() => extend(base, policy)).toThrow('it is for postgresql, and the client for sqlite')
    })
  })

  test('without a model that the client has refuses that model’s operations', async () => {
    await withBench(async ({ base, policy }) => {
      const { Tag: _, ...models } = policy.models
      // The digest is what is compared: a policy altered by hand passes, and is still no way around.
      const client = base.$extends(fieldseal({ policy: { ...policy, models }, kms: memoryKms() }))
      await expect(client.tag.findMany()).rejects.toThrow(StalePolicyError)
      await expect(client.tag.findMany()).rejects.toMatchObject({ model: 'Tag', operation: 'findMany' })
    })
  })
})

describe('a policy for a client that does not carry its schema', () => {
  /** What a client of a Prisma without `_engineConfig` would show. */
  const shownBy = (client: TestClient, ...names: readonly string[]) =>
    Object.fromEntries(names.map((name): [string, unknown] => [name, Reflect.get(client, name)]))

  test('is taken if it has the same models, fields and types', async () => {
    await withBench(({ base, policy }) => {
      expect(() => requireFreshPolicy(policy, shownBy(base, '_runtimeDataModel'))).not.toThrow()
      expect(() => requireFreshPolicy(policy, shownBy(base, '_runtimeDataModel', '_activeProvider'))).not.toThrow()
    })
  })

  test.each([
    'a field was added',
    'a field was removed',
    'a field’s type changed',
    'a model was added',
    'a model was removed',
  ])('is refused if %s', async (what) => {
    await withBench(async ({ base, schema }) => {
      const [, from, to] = CHANGES.find(([name]) => name === what) ?? expect.fail(what)
      const policy = await policyOfSchema(schema.replace(from, to))
      expect(() => requireFreshPolicy(policy, shownBy(base, '_runtimeDataModel'))).toThrow(StalePolicyError)
    })
  })

  test('is refused if the client is known to be for another database', async () => {
    await withBench(({ base, policy }) => {
      const other = { ...policy, provider: 'mysql' }
      const client = shownBy(base, '_runtimeDataModel', '_activeProvider')
      expect(() => requireFreshPolicy(other, client)).toThrow('it is for mysql, and the client for sqlite')
    })
  })

  test('is refused if the client shows nothing to compare', async () => {
    await withBench(({ policy }) => {
      expect(() => requireFreshPolicy(policy, {})).toThrow('does not show what it was generated from')
    })
  })
})

describe('assertSealed', () => {
  test('takes the extended client, one extended further, and one inside a transaction', async () => {
    await withBench(async ({ sealed }) => {
      assertSealed(sealed)
      assertSealed(sealed.$extends({ name: 'logging' }))
      await sealed.$transaction(async (tx) => assertSealed(tx))
    })
  })

  test('refuses the base client, another extension’s client, and what is no client', async () => {
    await withBench(async ({ base }) => {
      const others = [
        base,
        base.$extends({ client: { $fieldseal: {} } }),
        undefined,
        null,
        'client',
        {},
        { $fieldseal: true },
      ]
      for (const other of others) expect(() => assertSealed(other)).toThrow(/not extended with fieldseal/)
      await base.$transaction(async (tx) => expect(() => assertSealed(tx)).toThrow(/would store plaintext/))
    })
  })
})
