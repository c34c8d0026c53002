import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOfSource, type EncryptionPolicy } from '../../src/policy/index.js'
import { PRISMA_VERSIONS } from '../support/prisma-versions.js'
import { CLIENT_GENERATORS } from '../support/schema.js'
import { CLIENT_MODEL, configuration, createProject, keyModels, type Project } from './project.js'

const CASES = PRISMA_VERSIONS.flatMap((prisma) => CLIENT_GENERATORS.map((client) => ({ prisma, client })))

describe.each(CASES)('prisma generate $prisma with $client', ({ prisma, client }) => {
  let project: Project
  let policy: EncryptionPolicy
  beforeAll(async () => {
    project = await createProject({}, { prisma, client })
    const { code, output } = await project.generate()
    if (code !== 0) throw new Error(output)
    policy = await loadPolicy(project)
  })
  afterAll(() => project.remove())

  it('writes the policy in the language of the client, the constraints, and the lock beside the schema', async () => {
    const module = client === 'prisma-client' ? ['policy.ts'] : ['policy.d.ts', 'policy.js']
    expect(await readdir(project.at('fieldseal'))).toEqual(['constraints.sql', ...module])
    expect(await readdir(project.at('prisma'))).toEqual(['fieldseal.lock', 'models.prisma', 'schema.prisma'])
  })

  it('says what the annotations say', () => {
    expect(policy.models.Client?.tenant).toEqual({ kind: 'path', path: ['firmId'] })
    expect(policy.models.Client?.fields.ssn).toMatchObject({ encrypted: { fieldId: 'Client.ssn', type: 'String' } })
    expect(policy.models.Client?.fields.ssnIndex).toMatchObject({ unique: true, blindIndex: { exact: false } })
  })

  it('has the digest of the schema that the client carries within itself', async () => {
    const { PrismaClient } = await loadClient(project, client)
    const adapter = { provider: 'sqlite', adapterName: 'none', connect: () => Promise.reject(new Error('unused')) }
    const { inlineSchema } = Object(new PrismaClient({ adapter }))._engineConfig
    expect(policy.digest).toBe(digestOfSource([{ path: 'inline', text: inlineSchema }]))
  })

  it("takes Decimal from the client, so that decimals have the client's own class", async () => {
    const { Prisma } = await loadClient(project, client)
    expect(policy.runtime?.Decimal).toBeTypeOf('function')
    expect(policy.runtime?.Decimal).toBe(Prisma.Decimal)
  })
})

it('takes a schema of one file, in a folder with a space, and paths of the output with one', async () => {
  const whole = `${configuration({ settings: { output: '../the policy' } })}${CLIENT_MODEL}${keyModels('sqlite')}`
  const project = await createProject({ 'the schema/one.prisma': whole }, {}, 'with space ')
  try {
    expect(await project.generate('--schema', 'the schema/one.prisma')).toMatchObject({ code: 0 })
    expect(await readdir(project.at('the policy'))).toEqual(['constraints.sql', 'policy.ts'])
    expect(await readdir(project.at('the schema'))).toEqual(['fieldseal.lock', 'one.prisma'])
  } finally {
    await project.remove()
  }
})

it('writes the same bytes again, and does not touch files that are as they should be', async () => {
  const project = await createProject()
  const names = ['fieldseal/policy.ts', 'fieldseal/constraints.sql', 'prisma/fieldseal.lock']
  const times = () => Promise.all(names.map((name) => project.changed(name)))
  try {
    await project.generate()
    const before = await times()
    expect(await project.generate()).toMatchObject({ code: 0 })
    expect(await times()).toEqual(before)
  } finally {
    await project.remove()
  }
})

it('writes what the option format says, and leaves no module of another format behind', async () => {
  const models = `model Secret {\n  id Int @id\n  text String /// @encrypted\n}\n${keyModels('sqlite')}`
  const project = await createProject({ 'prisma/models.prisma': models })
  try {
    await project.generate()
    await project.write('prisma/schema.prisma', configuration({ settings: { format: 'js' } }))
    expect(await project.generate()).toMatchObject({ code: 0 })
    expect(await readdir(project.at('fieldseal'))).toEqual(['constraints.sql', 'policy.d.ts', 'policy.js'])
    expect((await loadPolicy(project)).models.Secret?.name).toBe('Secret')
  } finally {
    await project.remove()
  }
})

it.each([
  ['ES modules', '{ "type": "module" }', "const { policy } = await import('./fieldseal/policy.js')"],
  ['CommonJS', '{}', "const { policy } = require('./fieldseal/policy.js')"],
])('writes JavaScript that Node takes as it is, as %s by package.json', async (_, manifest, line) => {
  const project = await createProject({ 'package.json': manifest }, { client: 'prisma-client-js' })
  try {
    await project.generate()
    const program = `void (async () => { ${line}; console.log(new policy.runtime.Decimal('1.50').toFixed(3)) })()`
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { cwd: project.directory })
    expect(stdout).toBe('1.500\n')
  } finally {
    await project.remove()
  }
})

async function loadPolicy(project: Project): Promise<EncryptionPolicy> {
  const files = await readdir(project.at('fieldseal'))
  const name = files.find((file) => /^policy\.(ts|js)$/.test(file))
  const { policy } = await import(/* @vite-ignore */ pathToFileURL(project.at(`fieldseal/${name}`)).href)
  return policy
}

async function loadClient(project: Project, client: string) {
  if (client === 'prisma-client-js') return createRequire(project.at('package.json'))('./client/index.js')
  return import(/* @vite-ignore */ pathToFileURL(project.at('client/client.ts')).href)
}
