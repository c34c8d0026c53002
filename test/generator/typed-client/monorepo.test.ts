import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REPOSITORY } from '../../support/prisma-versions.js'
import { configuration, createProject, keyModels, type Project } from '../project.js'

const MODELS = `/// @tenant(firmId)
model Client {
  id       String  @id @default(uuid())
  firmId   String
  ssn      String /// @encrypted
  ssnIndex String? @unique /// @blindIndex(ssn, normalize: [digits])
  dob      String? /// @encrypted(type: DateTime)
  intake   Json? /// @encrypted(ts: "import('@acme/types').Intake")
  consent  Json? /// @encrypted(ts: "import('../../types/index.js').Consent")
}
${keyModels('sqlite')}`

const TYPES = `export interface Intake { readonly source: string }
export interface Consent { readonly given: boolean }
`

/** The package that has the client: what it exports is the extended one. */
const DATABASE = `import { type Kms, fieldseal } from 'fieldseal'
import type { PrismaClient } from './generated/client/client.js'
import { policy } from './generated/fieldseal/policy.js'

export { Prisma } from './generated/client/client.js'
export type Database = ReturnType<typeof openDatabase>
export function openDatabase(client: PrismaClient, kms: Kms) {
  return client.$extends(fieldseal({ policy, kms }))
}
`

/** An application that knows the package of the client, and nothing of Prisma or the schema. */
const APPLICATION = `import { type Database, Prisma } from '@acme/database'

export async function birthdays(database: Database, ssns: string[]): Promise<(Date | null)[]> {
  const rows = await database.client.findMany({ where: { ssn: { in: ssns } }, select: { dob: true } })
  return rows.map(({ dob }) => dob)
}
export async function consents(database: Database): Promise<(boolean | undefined)[]> {
  return database.$transaction(async (tx) => {
    const rows = await tx.client.findMany()
    // @ts-expect-error
    void rows[0].ssnIndex
    return rows.map(({ intake, consent }) => consent?.given ?? intake?.source.startsWith('w'))
  })
}
export const data: Prisma.ClientCreateInput = { ssn: '1', dob: new Date(0), intake: { source: 'web' } }
// @ts-expect-error
export const compared: Prisma.ClientWhereInput = { dob: { gt: new Date(0) } }
// @ts-expect-error
export const other: Prisma.ClientUpdateInput = { consent: { given: 'yes' } }
`

const COMPILER_OPTIONS = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  skipLibCheck: true,
  types: ['node'],
  composite: true,
  declaration: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  rootDir: 'src',
  outDir: 'dist',
}

function tsconfig(references: readonly string[] = []): string {
  return JSON.stringify({
    compilerOptions: COMPILER_OPTIONS,
    include: ['src'],
    references: references.map((one) => ({ path: one })),
  })
}

function manifest(name: string, types: string): string {
  return JSON.stringify({ name, type: 'module', exports: { types, default: types.replace('.d.ts', '.js') } })
}

describe('a monorepo whose packages are linked: the schema, its types, the client and an application', () => {
  let project: Project
  beforeAll(async () => {
    const settings = { output: '../../database/src/generated/fieldseal' }
    project = await createProject({
      'package.json': '{ "private": true, "workspaces": ["packages/*"] }',
      'packages/schema/package.json': '{ "name": "@acme/schema" }',
      'packages/schema/prisma/schema.prisma': configuration({ settings }).replace(
        '"../client"',
        '"../../database/src/generated/client"',
      ),
      'packages/schema/prisma/models.prisma': MODELS,
      'packages/types/package.json': manifest('@acme/types', './index.d.ts'),
      'packages/types/index.d.ts': TYPES,
      'packages/database/package.json': manifest('@acme/database', './dist/index.d.ts'),
      'packages/database/tsconfig.json': tsconfig(),
      'packages/database/src/index.ts': DATABASE,
      'packages/web/package.json': manifest('@acme/web', './dist/index.d.ts'),
      'packages/web/tsconfig.json': tsconfig(['../database']),
      'packages/web/src/index.ts': APPLICATION,
    })
    // As pnpm lays them out: each package sees what it depends on, by links, and nothing else.
    const prisma = path.dirname(createRequire(import.meta.url).resolve('@prisma/client/package.json'))
    await link('packages/schema', 'fieldseal', REPOSITORY)
    await link('packages/database', 'fieldseal', REPOSITORY)
    await link('packages/database', '@prisma/client', prisma)
    await link('packages/database', '@acme/types', project.at('packages/types'))
    await link('packages/web', '@acme/database', project.at('packages/database'))
    expect(await project.generate('--schema', 'packages/schema/prisma')).toMatchObject({ code: 0 })
  }, 60_000)
  afterAll(() => project?.remove())

  async function link(from: string, name: string, target: string): Promise<void> {
    const place = project.at(`${from}/node_modules/${name}`)
    await mkdir(path.dirname(place), { recursive: true })
    await symlink(target, place)
  }

  it('types the client where it is, with types from beside the schema and from a package', async () => {
    const text = await project.read('packages/database/src/generated/client/models/Client.ts')
    expect(text).toContain('intake: import("@acme/types").Intake | null')
    expect(text).toContain('consent: import("../../../../../types/index.js").Consent | null')
    expect(await project.read('packages/schema/prisma/fieldseal.lock')).toContain('"Client.ssn"')
  })

  it('gives an application that imports the package the types, through declarations', { timeout: 60_000 }, async () => {
    const manifestOf = createRequire(import.meta.url).resolve('typescript-7/package.json')
    const tsc = path.join(path.dirname(manifestOf), 'bin/tsc')
    const errors = await promisify(execFile)(process.execPath, [tsc, '-b', project.at('packages/web')]).then(
      () => '',
      (error: { stdout?: string }) => error.stdout ?? String(error),
    )
    expect(errors).toBe('')
    const declared = await readFile(project.at('packages/database/dist/generated/client/models/Client.d.ts'), 'utf8')
    expect(declared).toContain('dob: Date | null')
    expect(declared).not.toContain('ssnIndex')
    const entry = await readFile(project.at('packages/database/dist/index.d.ts'), 'utf8')
    expect(entry).toContain('PrismaFieldseal<import("./generated/fieldseal/policy.js").Policy>')
    expect(entry).not.toContain('"Client.ssn"')
  })
})
