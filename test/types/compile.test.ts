import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClientCopy } from '../generator/typed-client/typed-copy.js'
import { PRISMA_VERSIONS, type PrismaVersion } from '../support/prisma-versions.js'
import { CLIENT_GENERATORS } from '../support/schema.js'
import { type Compiler, compile, writePrograms } from './program.js'

const CASES = PRISMA_VERSIONS.flatMap((prisma) => CLIENT_GENERATORS.map((generator) => ({ prisma, generator })))

/** The oldest TypeScript that each Prisma says it takes (peerDependencies of @prisma/client). */
const OLDEST = { 7: 'oldest for 7', 6.19: 'oldest for 6', 6.16: 'oldest for 6' } as const satisfies {
  readonly [P in PrismaVersion]: Compiler
}

describe.each(CASES)('programs with the typed client ($generator of Prisma $prisma)', ({ prisma, generator }) => {
  let copy: ClientCopy | undefined
  beforeAll(async () => {
    copy = await writePrograms({ provider: 'postgresql', prisma, generator })
  })
  afterAll(() => copy?.remove())

  async function errors(...args: [Compiler, object?]): Promise<string> {
    if (copy === undefined) throw new Error('there is no client')
    const [compiler, options = {}] = args
    return compile(copy, compiler, { noEmit: true, ...options })
  }

  it('compile in the native TypeScript, with every refused shape refused', { timeout: 120_000 }, async () => {
    expect(await errors('native')).toBe('')
  })

  // The compilers in JavaScript take seconds: each is run on the clients where it could make a difference.
  const isWhole = prisma === '7' && generator === 'prisma-client'
  testIf(isWhole)('compile in TypeScript 5.9', { timeout: 120_000 }, async () => {
    expect(await errors('latest', { isolatedModules: true, verbatimModuleSyntax: true })).toBe('')
  })

  testIf(generator === 'prisma-client')(
    `compile in the TypeScript that is the ${OLDEST[prisma]}`,
    { timeout: 120_000 },
    async () => {
      expect(await errors(OLDEST[prisma])).toBe('')
    },
  )

  // The clients of prisma-client of 6.x give none, with or without types: TS4094 in a file of Prisma's own.
  testIf(prisma === '7' || generator === 'prisma-client-js')(
    'give declarations, in a composite project, that name the logical types',
    { timeout: 120_000 },
    async () => {
      if (copy === undefined) throw new Error('there is no client')
      const options = { composite: true, declaration: true, emitDeclarationOnly: true, outDir: 'out' }
      expect(await compile(copy, 'native', { ...options, isolatedModules: true, verbatimModuleSyntax: true })).toBe('')
      const declared = await declarationOf(copy, 'declared')
      expect(declared).toMatch(/findBySsn\(ssn: string\)/)
      expect(declared).toMatch(
        /create\(data: Prisma\.ClientCreateInput\): Promise<\{\s*dob: Date \| null;\s*level: number;/,
      )
      expect(declared).toMatch(/salary: Prisma\.Decimal \| null;/)
      expect(declared).not.toMatch(/(?:: |<)any\b/)
    },
  )
})

/** A test where it means something; elsewhere there is none, rather than one that is skipped. */
function testIf(applies: boolean) {
  return (name: string, options: { readonly timeout: number }, run: () => Promise<void>): void => {
    if (applies) it(name, options, run)
  }
}

async function declarationOf({ directory }: ClientCopy, name: string): Promise<string> {
  const files = await readdir(path.join(directory, 'out'), { recursive: true })
  const file = files.find((one) => path.basename(one) === `${name}.d.ts`)
  if (file === undefined) throw new Error(`${name}.d.ts was not written`)
  return readFile(path.join(directory, 'out', file), 'utf8')
}
