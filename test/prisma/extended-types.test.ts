import { existsSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { combinationUnderTest } from '../support/combination.js'
import { generateClient } from '../support/generate-client.js'
import { REPOSITORY } from '../support/prisma-versions.js'

/** What an application writes; every wrong line is marked as one, and TypeScript complains of a mark that is not needed. */
const CONSUMER = `
import { Prisma, PrismaClient } from './client/ENTRY'
import { fieldseal, type EncryptionPolicy, type Kms } from '${REPOSITORY}/src/index.js'

declare const policy: EncryptionPolicy
declare const kms: Kms
declare const adapter: never

const methods = Prisma.defineExtension({
  model: {
    $allModels: {
      async exists<T>(this: T, where: Prisma.Args<T, 'findFirst'>['where']): Promise<boolean> {
        return where !== undefined
      },
    },
  },
  result: { client: { initial: { needs: { name: true }, compute: ({ name }) => name.charAt(0) } } },
})
const base = new PrismaClient({ adapter })
const prisma = base.$extends(fieldseal({ policy, kms }))
const around = base.$extends(methods).$extends(fieldseal({ policy, kms }))
const behind = prisma.$extends(methods)

export async function interactive(): Promise<string | null> {
  return prisma.$transaction(
    async (tx) => {
      const made = await tx.client.create({ data: { firmId: 'f', name: 'n', notes: { create: { body: 'b' } } }, include: { notes: true } })
      const body: string = made.notes[0]?.body ?? ''
      // @ts-expect-error a field that the model does not have
      await tx.client.create({ data: { firmId: 'f', name: 'n', nothing: 1 } })
      // @ts-expect-error a relation that was not included
      made.tags
      const notes: { body: string }[] | null = await tx.client.findUnique({ where: { id: made.id } }).notes({ select: { body: true } })
      const service: Promise<number> = tx.$fieldseal.withTenant('f', () => tx.client.count())
      await service
      return notes?.[0]?.body ?? body
    },
    { maxWait: 1, timeout: 2, isolationLevel: 'Serializable' },
  )
}

export async function list(): Promise<number> {
  const [client, tags, count] = await prisma.$transaction([
    prisma.client.findFirstOrThrow({ select: { name: true, dob: true } }),
    prisma.tag.findMany(),
    prisma.client.count(),
  ])
  const row: { name: string; dob: string | null } = client
  // @ts-expect-error a field that was not selected
  client.ssn
  return row.name.length + (tags[0]?.id ?? 0) + count
}

export async function composed(): Promise<string> {
  const found: boolean[] = [await around.client.exists({ name: 'n' }), await behind.client.exists({ name: 'n' })]
  // @ts-expect-error a field that the model does not have
  await behind.client.exists({ nothing: 1 })
  const [one, other] = [await around.client.findFirstOrThrow(), await behind.client.findFirstOrThrow()]
  const initials: string = one.initial + other.initial
  const tenants: Promise<void>[] = [around.$fieldseal.ensureTenant('f'), behind.$fieldseal.ensureTenant('f')]
  await Promise.all(tenants)
  return behind.$transaction(async (tx) => initials + (await tx.client.findFirstOrThrow()).initial + String(found))
}

/** How an application names the type of its client. */
export type Client = ReturnType<typeof createClient>
export function createClient() {
  return new PrismaClient({ adapter }).$extends(fieldseal({ policy, kms }))
}
export function service(client: Client): Promise<void> {
  return client.$fieldseal.warm(['f'])
}
`

test('an extended client keeps its types, in transactions and beside other extensions', async () => {
  const { prisma, generator } = combinationUnderTest()
  const { directory } = await generateClient({ prisma, generator, provider: 'sqlite' })
  const entry = existsSync(path.join(directory, 'client/client.ts')) ? 'client.js' : 'index.js'
  expect(typeErrors(path.join(directory, 'consumer.ts'), CONSUMER.replace('ENTRY', entry))).toEqual([])
}, 120_000)

/** What the compiler says of a file that is not on disk. */
function typeErrors(file: string, text: string): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.es2024.string.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    typeRoots: [path.join(REPOSITORY, 'node_modules/@types')],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  }
  const host = ts.createCompilerHost(options)
  const virtual: ts.CompilerHost = {
    ...host,
    fileExists: (name) => name === file || host.fileExists(name),
    readFile: (name) => (name === file ? text : host.readFile(name)),
    getSourceFile: (name, version) =>
      name === file ? ts.createSourceFile(name, text, version) : host.getSourceFile(name, version),
  }
  const program = ts.createProgram([file], options, virtual)
  const source = program.getSourceFile(file)
  return [...program.getSemanticDiagnostics(source), ...program.getSyntacticDiagnostics(source)].map(
    ({ messageText, start = 0 }) =>
      `${text.slice(0, start).split('\n').length}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
  )
}
