import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deriveIndexKey } from '../../src/blind-index/index.js'
import * as errors from '../../src/errors/index.js'
import { createKeyring, memoryKeyStore, tenantRefOf } from '../../src/keys/index.js'
import { LeasedKey } from '../../src/keys/leased-key.js'
import { kmsFromConfig, kmsFromEnvironment } from '../../src/kms/config/index.js'
import { localKms } from '../../src/kms/local.js'
import { deriveFieldKey } from '../../src/message/index.js'
import { createCatalog } from '../../src/sealer/index.js'
import { createFieldseal } from '../../src/service/index.js'
import { type Bench, createBench } from '../support/core/bench.js'
import { inState, makeRow, onlyRow } from '../support/core/key-rows.js'
import { encrypted, model, policy, policyOf } from '../support/core/policy.js'
import { allThatShows, secretsShownBy } from '../support/core/secrets.js'
import { spyKms } from '../support/core/spy-kms.js'

const MASTER_KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => (i * 89 + 41) % 256))
const PLAINTEXT = '713-29-4406 Zephyrine'
const NUMBER = 48151623.42
const DATE = '1987-06-05T04:03:02.001Z'
const firm = { tenant: 'firm_1' } as const
const other = { tenant: 'firm_2' } as const

/** A service in use: cells, tags and keys exist, and everything secret about them is known to the test. */
interface World extends Bench {
  readonly cell: string
  readonly secrets: () => ReadonlyMap<string, string | Uint8Array>
}

async function createWorld(): Promise<World> {
  const kms = spyKms({}, localKms({ key: MASTER_KEY.toString('hex') }))
  const bench = createBench({ cache: { scope: 'process' } }, kms)
  const { fieldseal } = bench
  const cell = String(await fieldseal.encrypt('Client.ssn', PLAINTEXT, firm))
  const tag = String(await fieldseal.tag('Client.ssnIndex', PLAINTEXT, firm))
  await fieldseal.ensureTenant('firm_2')
  const secrets = () => {
    const known = new Map<string, string | Uint8Array>([
      ['plaintext', PLAINTEXT],
      ['a number', String(NUMBER)],
      ['a date', DATE],
      ['the cell', cell.slice(20)],
      ['the tag', tag.slice(19)],
      ['the master key', MASTER_KEY],
    ])
    for (const [i, { keyId, copy }] of [...kms.generated, ...kms.unwrapped].entries()) {
      if (copy.length !== 32) continue
      known.set(`key ${i}`, copy)
      const place = { keyId, tenant: 'firm_1', fieldId: 'Client.ssn' }
      known.set(`field key ${i}`, deriveFieldKey(copy, place))
      known.set(`index key ${i}`, deriveIndexKey(copy, keyId, 'firm_1', createCatalog(policy).index('Client.ssnIndex')))
    }
    return known
  }
  return { ...bench, cell, secrets }
}

type Provocation = (world: World) => unknown

const retyped = (world: World) =>
  createFieldseal({
    policy: policyOf({
      Client: model('Client', { kind: 'context' }, { ssn: encrypted('Client', 'ssn', { type: 'DateTime' }) }),
    }),
    store: world.rows,
    kms: world.kms,
  })

const warmData = async (world: World) => {
  const keyring = createKeyring({ store: world.rows, kms: world.kms, now: world.clock.now })
  const needs = { active: [{ tenant: 'firm_1', purpose: 'data' as const }], named: [] }
  return { keyring, needs, keys: await keyring.warm(needs) }
}

async function withRow(world: World, change: object): Promise<unknown> {
  world.rows.put({ ...(await onlyRow(world.rows)), ...change })
  return world.another().fieldseal.decrypt('Client.ssn', world.cell, firm)
}

async function inTenantState(world: World, state: 'suspended' | 'shredded'): Promise<unknown> {
  world.rows.setTenantState(tenantRefOf('firm_1'), state)
  return world.another().fieldseal.encrypt('Client.ssn', PLAINTEXT, firm)
}

function withFault(world: World, error: Error): Promise<unknown> {
  world.kms.before = () => {
    throw error
  }
  return world.another().fieldseal.decrypt('Client.ssn', world.cell, firm)
}

const cyclic = (): unknown => {
  const value: { name: string; self?: unknown } = { name: PLAINTEXT }
  value.self = value
  return value
}

const details = { model: 'Client', field: 'ssn', operation: 'create', tenant: 'firm_1', keyId: 'k00000000001' } as const
const kekUri = 'local://default'

/** Ways to meet each error with secrets at hand; the last ones belong to layers above and are made here. */
const provocations: { readonly [name: string]: readonly Provocation[] } = {
  MalformedCellError: [
    ({ fieldseal, cell }) => fieldseal.decrypt('Client.ssn', cell.slice(0, 40), firm),
    ({ fieldseal, cell }) => fieldseal.decrypt('Client.ssn', `${cell} `, firm),
    ({ fieldseal, cell }) => fieldseal.decrypt('Client.ssn', `enc::1.${PLAINTEXT}${cell}`, firm),
    ({ fieldseal }) => fieldseal.decrypt('Client.scan', Buffer.from(`FSL\u0001${PLAINTEXT}`), firm),
  ],
  UnknownFormatError: [
    ({ fieldseal, cell }) => fieldseal.decrypt('Client.ssn', cell.replace('::1.', '::7.'), firm),
    ({ fieldseal }) => fieldseal.decrypt('Client.ssn', `enc::4815162342.${PLAINTEXT}`, firm),
  ],
  UnknownKeyError: [
    ({ fieldseal, cell }) => fieldseal.decrypt('Client.ssn', `enc::1.zzzzzzzzzzzz.${cell.slice(20)}`, firm),
  ],
  ForeignTenantKeyError: [({ fieldseal, cell }) => fieldseal.decrypt('Client.ssn', cell, other)],
  AuthenticationFailedError: [({ fieldseal, cell }) => fieldseal.decrypt('Client.name', cell, firm)],
  CodecMismatchError: [(world) => retyped(world).decrypt('Client.ssn', world.cell, firm)],
  PlaintextFoundError: [
    ({ fieldseal }) => fieldseal.decrypt('Client.ssn', PLAINTEXT, firm),
    ({ fieldseal }) => fieldseal.decrypt('Client.ssn', NUMBER, firm),
    ({ fieldseal }) => fieldseal.decrypt('Client.scan', Buffer.from(PLAINTEXT), firm),
  ],
  TenantRequiredError: [
    ({ fieldseal }) => fieldseal.encrypt('Client.ssn', PLAINTEXT),
    ({ fieldseal, cell }) => fieldseal.decrypt('Client.ssn', cell),
  ],
  ContextEndedError: [
    async ({ fieldseal }) => {
      let late: () => Promise<unknown> = async () => undefined
      await fieldseal.withTenant('firm_1', async () => {
        await fieldseal.encrypt('Client.ssn', PLAINTEXT)
        const wait = new Promise((resolve) => setImmediate(resolve))
        const promise = wait.then(() => fieldseal.encrypt('Client.ssn', PLAINTEXT))
        late = () => promise
      })
      return late()
    },
  ],
  InvalidTenantError: [({ fieldseal }) => fieldseal.encrypt('Client.ssn', PLAINTEXT, { tenant: '\n' })],
  NotForProductionError: [
    () => {
      vi.stubEnv('NODE_ENV', 'production')
      return localKms({ key: MASTER_KEY.toString('hex') })
    },
  ],
  TenantMismatchError: [
    ({ fieldseal }) => fieldseal.withTenant('firm_2', () => fieldseal.encrypt('Client.ssn', PLAINTEXT, firm)),
  ],
  KeyNotProvisionedError: [
    async (world) => {
      const { keyring, needs } = await warmData(world)
      return keyring.warm(
        { ...needs, active: [{ tenant: 'firm_9', purpose: 'data' }] },
        { transaction: { id: 'tx', reader: memoryKeyStore() } },
      )
    },
  ],
  KeyRetiredError: [async (world) => withRow(world, inState(await onlyRow(world.rows), 'retired'))],
  KeyDestroyedError: [async (world) => withRow(world, inState(await onlyRow(world.rows), 'destroyed'))],
  TenantSuspendedError: [(world) => inTenantState(world, 'suspended')],
  TenantShreddedError: [(world) => inTenantState(world, 'shredded')],
  KeyCheckError: [
    (world) => withRow(world, { kcv: new Uint8Array(32) }),
    async (world) => withRow(world, { wrapped: (await makeRow(world.kms, await onlyRow(world.rows))).wrapped }),
  ],
  InvalidKeyRowError: [
    (world) => withRow(world, { tenant: 'firm_2' }),
    (world) => withRow(world, { purpose: 'dta' }),
    (world) => withRow(world, { wrapped: null }),
  ],
  KekNotAllowedError: [(world) => withRow(world, { kekUri: 'local://other' })],
  KeyDisposedError: [
    async (world) => {
      const { keys } = await warmData(world)
      const key = keys.active('firm_1', 'data')
      keys.release()
      return key.derive('field:Client.ssn', (bytes) => ({ key: bytes }))
    },
  ],
  KeyExhaustedError: [
    async (world) => {
      const { keys } = await warmData(world)
      return keys.active('firm_1', 'data').countSeals(2 ** 32 + 1)
    },
  ],
  KeyNotWarmedError: [async (world) => (await warmData(world)).keys.active('firm_1', 'index')],
  KeyStateExpiredError: [
    async (world) => {
      const { keys } = await warmData(world)
      world.clock.advance(60_001)
      return keys.active('firm_1', 'data')
    },
  ],
  KmsConfigurationError: [
    () => localKms({ key: `${MASTER_KEY.toString('hex')}0` }),
    () => localKms({ key: `${MASTER_KEY.toString('base64')}!` }),
    () => {
      vi.stubEnv('FIELDSEAL_LOCAL_KEY', MASTER_KEY.toString('hex').slice(1))
      return localKms()
    },
    () => kmsFromConfig({ kek: 'local://default', key: MASTER_KEY.toString('hex').slice(2) }),
    () => kmsFromEnvironment({ FIELDSEAL_KMS: MASTER_KEY.toString('hex'), FIELDSEAL_LOCALKEY: PLAINTEXT }),
    () =>
      kmsFromEnvironment({
        FIELDSEAL_KMS: 'vault-transit://transit/app',
        VAULT_ADDR: `https://user:${MASTER_KEY.toString('hex')}@vault.example.com`,
        VAULT_TOKEN: PLAINTEXT,
      }),
  ],
  UnknownKekError: [(world) => world.another({ kekFor: () => 'aws-kms://x' }).fieldseal.ensureTenant('firm_3')],
  UnwrapFailedError: [
    (world) => world.another({ app: 'other' }).fieldseal.decrypt('Client.ssn', world.cell, firm),
    (world) => withRow(world, { wrapped: Uint8Array.of(1, ...MASTER_KEY, ...MASTER_KEY) }),
  ],
  KmsAccessDeniedError: [(world) => withFault(world, new errors.KmsAccessDeniedError({ kekUri }))],
  KekUnavailableError: [(world) => withFault(world, new errors.KekUnavailableError('disabled', { kekUri }))],
  KmsReplyError: [(world) => withFault(world, new errors.KmsReplyError('its checksum is wrong', { kekUri }))],
  KmsRequestError: [(world) => withFault(world, new errors.KmsRequestError('ValidationException', { kekUri }))],
  KmsCancelledError: [(world) => withFault(world, new errors.KmsCancelledError({ kekUri }))],
  KmsUnavailableError: [
    (world) => withFault(world, new errors.KmsUnavailableError('timeout', { kekUri })),
    (world) =>
      withFault(world, Object.assign(new Error(PLAINTEXT), { code: MASTER_KEY.toString('hex'), key: MASTER_KEY })),
  ],
  UnknownFieldError: [({ fieldseal }) => fieldseal.encrypt('Client.nope' as 'Client.ssn', PLAINTEXT, firm)],
  UnsupportedModeError: [
    ({ rows, kms }) =>
      createFieldseal({
        policy: policyOf({
          Client: model('Client', { kind: 'none' }, { ssn: encrypted('Client', 'ssn', { mode: 'mixed' }) }),
        }),
        store: rows,
        kms,
      }),
  ],
  InvalidValueError: [
    ({ fieldseal }) => fieldseal.encrypt('Client.ssn', NUMBER, firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.ssn', `${PLAINTEXT}\ud800`, firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.age', NUMBER, firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.visits', PLAINTEXT, firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.height', PLAINTEXT, firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.balance', PLAINTEXT, firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.active', PLAINTEXT, firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.birth', `${DATE}junk`, firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.scan', PLAINTEXT, firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.intake', cyclic(), firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.intake', { [PLAINTEXT]: 1n }, firm),
    ({ fieldseal }) => fieldseal.encrypt('Client.aliases', [PLAINTEXT, NUMBER], firm),
    ({ fieldseal }) => fieldseal.tag('Client.ssnIndex', NUMBER, firm),
    ({ fieldseal }) => fieldseal.tag('Client.nameBirthIndex', PLAINTEXT, firm),
    ({ fieldseal }) => fieldseal.tag('Client.nameBirthIndex', [PLAINTEXT, PLAINTEXT], firm),
  ],
  ValueTooLongError: [({ fieldseal }) => fieldseal.encrypt('Client.initials', PLAINTEXT, firm)],
  AnnotationError: [() => new errors.AnnotationError('@encrypted is misspelt', { file: 'schema.prisma', line: 3 })],
  PolicyError: [() => new errors.PolicyError([new errors.AnnotationError('misspelt', { file: 'a.prisma', line: 3 })])],
  LockFileError: [() => new errors.LockFileError('it is not JSON', { file: 'fieldseal.lock' })],
  StalePolicyError: [() => new errors.StalePolicyError('the digests differ', details)],
  UnsupportedOperationError: [() => new errors.UnsupportedOperationError('contains', 'Use equals', details)],
  ReservedFieldError: [() => new errors.ReservedFieldError('Client.ssn', details)],
  IndexIntegrityError: [() => new errors.IndexIntegrityError(details)],
  TenantWallError: [() => new errors.TenantWallError('the row is of another tenant', details)],
  UnsafeDatabaseError: [() => new errors.UnsafeDatabaseError('its collation', 'Change it', details)],
}

const ABSTRACT: readonly string[] = ['FieldsealError', 'KmsError']
const classes = Object.entries(errors).flatMap(([name, value]) =>
  typeof value === 'function' && (value === errors.FieldsealError || value.prototype instanceof errors.FieldsealError)
    ? [name]
    : [],
)

/** The error that a provocation throws or, where it is only made, returns. */
async function provoke(provocation: Provocation, world: World): Promise<unknown> {
  try {
    return await provocation(world)
  } catch (error) {
    return error
  }
}

beforeEach(() => {
  vi.stubEnv('NODE_ENV', 'test')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe('every error class', () => {
  it('has a case here', () => {
    expect(classes.filter((name) => !ABSTRACT.includes(name)).sort()).toEqual(Object.keys(provocations).sort())
  })

  it('has a code of its own', async () => {
    const codes: unknown[] = []
    for (const [way] of Object.values(provocations)) {
      const world = await createWorld()
      codes.push(way && Object(await provoke(way, world)).code)
      vi.unstubAllEnvs()
    }
    expect(new Set(codes).size).toBe(Object.keys(provocations).length)
  })

  it.each(Object.entries(provocations).flatMap(([name, ways]) => ways.map((way, i) => [name, i + 1, way] as const)))(
    '%s shows no plaintext, key, cell or tag (case %i)',
    async (name, _, way) => {
      const world = await createWorld()
      const error = await provoke(way, world)
      expect(error).toBeInstanceOf(errors.FieldsealError)
      expect(Object(error).name).toBe(name)
      expect(Object(error).code).toMatch(/^[A-Z][A-Z_]+$/)
      expect(secretsShownBy(error, world.secrets())).toEqual([])
    },
  )
})

describe('what holds keys', () => {
  it('shows none of them: service, keyring, key set, leased key, local KMS', async () => {
    const world = await createWorld()
    const { keyring, keys } = await warmData(world)
    const key = keys.active('firm_1', 'data')
    key.derive('field:Client.ssn', (dataKey) => ({
      key: deriveFieldKey(dataKey, { keyId: key.keyId, tenant: 'firm_1', fieldId: 'Client.ssn' }),
    }))
    const secrets = world.secrets()
    expect([...secrets.keys()].filter((name) => name.startsWith('key')).length).toBeGreaterThan(4)
    for (const holder of [world.fieldseal, keyring, keys, key, localKms({ key: MASTER_KEY.toString('hex') })]) {
      expect(secretsShownBy(holder, secrets)).toEqual([])
    }
    keys.release()
  })
})

describe('the search for secrets', () => {
  const secrets = new Map<string, string | Uint8Array>([
    ['key', MASTER_KEY],
    ['plaintext', PLAINTEXT],
  ])

  it.each<[string, unknown]>([
    ['in a message', new Error(`value ${PLAINTEXT}`)],
    ['in a property', Object.assign(new Error('x'), { value: PLAINTEXT })],
    ['in a hidden property', Object.defineProperty(new Error('x'), 'value', { value: PLAINTEXT, enumerable: false })],
    ['in a cause', new Error('x', { cause: new Error('y', { cause: { value: PLAINTEXT } }) })],
    ['in a stack', Object.assign(new Error('x'), { stack: PLAINTEXT })],
    ['as bytes', Object.assign(new Error('x'), { key: Uint8Array.from(MASTER_KEY) })],
    ['as a Buffer', { deep: [new Map([['key', MASTER_KEY]])] }],
    ['in hex', new Error(MASTER_KEY.toString('hex'))],
    ['in base64', new Error(MASTER_KEY.toString('base64'))],
    ['in base64url', new Error(MASTER_KEY.toString('base64url'))],
    ['as JSON', { toJSON: () => [...MASTER_KEY] }],
    [
      'in a public field of a class',
      new (class {
        readonly bytes = MASTER_KEY
      })(),
    ],
  ])('finds one %s', (_, value) => {
    expect(secretsShownBy(value, secrets)).toHaveLength(1)
  })

  it('finds nothing where there is nothing', () => {
    const key = new LeasedKey(
      { keyId: 'k00000000001', tenant: 'firm_1', purpose: 'data' },
      Uint8Array.from(MASTER_KEY),
      0,
    )
    expect(allThatShows(key)).toContain(inspect('k00000000001'))
    expect(secretsShownBy(key, secrets)).toEqual([])
  })
})
