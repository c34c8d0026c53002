import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClientCopy } from '../generator/typed-client/typed-copy.js'
import type { PrismaVersion } from '../support/prisma-versions.js'
import type { ClientGenerator } from '../support/schema.js'
import { type Compiler, compile, PROGRAMS_ALONE, writePrograms } from './program.js'

/**
 * Both generators of the newest Prisma, and each generator with one of the older: what the types of a client are made of
 * has not changed from 6.16 to 6.19, and type-client.test.ts looks at the text of every client there is.
 */
const CASES = [
  { prisma: '7', generator: 'prisma-client' },
  { prisma: '7', generator: 'prisma-client-js' },
  { prisma: '6.19', generator: 'prisma-client' },
  { prisma: '6.16', generator: 'prisma-client-js' },
] as const satisfies readonly { readonly prisma: PrismaVersion; readonly generator: ClientGenerator }[]

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

  async function errors(compiler: Compiler, options: object = {}, which: object = {}): Promise<string> {
    if (copy === undefined) throw new Error('there is no client')
    return compile(copy, compiler, { noEmit: true, ...options }, which)
  }

  it('compile in the native TypeScript, with every refused shape refused', { timeout: 120_000 }, async () => {
    expect(await errors('native')).toBe('')
  })

  // The compilers in JavaScript take seconds, and tens of seconds for every cell: one of them looks at all, once.
  testIf(prisma === '7')('compile in TypeScript 5.9', { timeout: 120_000 }, async () => {
    const which = generator === 'prisma-client' ? {} : PROGRAMS_ALONE
    expect(await errors('latest', { isolatedModules: true, verbatimModuleSyntax: true }, which)).toBe('')
  })

  // In a client in JavaScript, the type that the schema takes from an ES module needs TypeScript 5.3.
  testIf(prisma === '7' || generator === 'prisma-client')(
    `compile in the TypeScript that is the ${OLDEST[prisma]}`,
    { timeout: 120_000 },
    async () => {
      expect(await errors(OLDEST[prisma], {}, PROGRAMS_ALONE)).toBe('')
    },
  )

  // The clients of prisma-client of 6.x give none, with or without types: TS4094 in a file of Prisma's own.
  testIf(prisma === '7' || generator === 'prisma-client-js')(
    'give declarations, in a composite project, that name the logical types',
    { timeout: 120_000 },
    async () => {
      if (copy === undefined) throw new Error('there is no client')
      const options = { composite: true, declaration: true, emitDeclarationOnly: true, outDir: 'out' }
      const strict = { isolatedModules: true, verbatimModuleSyntax: true }
      expect(await compile(copy, 'native', { ...options, ...strict }, PROGRAMS_ALONE)).toBe('')
      const declared = await declarationOf(copy, 'declared')
      expect(declared).toMatch(/findBySsn\(ssn: string\)/)
      expect(declared).toMatch(
        /create\(data: Prisma\.ClientCreateInput\): Promise<\{\s*dob: Date \| null;\s*level: number;/,
      )
      expect(declared).toMatch(/salary: Prisma\.Decimal \| null;/)
      expect(declared).toMatch(/dueOn\(due: Date\): [\s\S]*?days: Date\[\] \| null;\s*due: Date \| null;/)
      expect(declared).toMatch(/raise\(tx: Transaction, .*Promise<\{\s*level: number;\s*salary: [^;]*Decimal \| null;/)
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
