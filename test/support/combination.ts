import { PRISMA_VERSIONS, type PrismaVersion } from './prisma-versions.js'
import { CLIENT_GENERATORS, type ClientGenerator } from './schema.js'

/** A Prisma version with one of its client generators. */
export interface Combination {
  readonly prisma: PrismaVersion
  readonly generator: ClientGenerator
}

/**
 * The combination this run is about: what `TEST_PRISMA` and `TEST_GENERATOR` name, Prisma 7 with `prisma-client` if
 * they are not set.
 */
export function combinationUnderTest(): Combination {
  return {
    prisma: choice('TEST_PRISMA', PRISMA_VERSIONS) ?? '7',
    generator: choice('TEST_GENERATOR', CLIENT_GENERATORS) ?? 'prisma-client',
  }
}

/** The versions this run is about: the one of `TEST_PRISMA`, or all. */
export function versionsUnderTest(): readonly PrismaVersion[] {
  const chosen = choice('TEST_PRISMA', PRISMA_VERSIONS)
  return chosen === undefined ? PRISMA_VERSIONS : [chosen]
}

/** The client generators this run is about: the one of `TEST_GENERATOR`, or both. */
export function generatorsUnderTest(): readonly ClientGenerator[] {
  const chosen = choice('TEST_GENERATOR', CLIENT_GENERATORS)
  return chosen === undefined ? CLIENT_GENERATORS : [chosen]
}

function choice<T extends string>(variable: string, known: readonly T[]): T | undefined {
  const value = process.env[variable] || undefined
  const found = known.find((one) => one === value)
  if (value !== undefined && found === undefined) {
    throw new Error(`${variable} is ${JSON.stringify(value)}; it takes ${known.join(', ')}`)
  }
  return found
}
