import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveCacheOptions, SOFT_TTL_JITTER } from '../../src/keys/cache-options.js'
import { DEFAULT_TIMING } from '../../src/keys/timing.js'
import { DEFAULT_RESILIENCE } from '../../src/kms/resilience/options.js'
import { KMS_FAULTS } from '../../src/testing/index.js'
import { REPOSITORY } from '../support/prisma-versions.js'

// The numbers and names that the pages about keys and KMS state, held against the code.

const read = (page: string): string => readFileSync(path.join(REPOSITORY, 'docs', page), 'utf8')
/** Cells of the table rows whose first cell this matches. */
const rows = (page: string, first: RegExp): string[][] =>
  read(page)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell]) => first.test(cell ?? ''))
const number = (cell: string | undefined): number => Number(cell?.replace(/\D/g, ''))
const ticked = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => String(name))
const seconds = (cell: string | undefined): number => {
  const [, minutes = '0', rest = '0'] = /^(?:(\d+) min)? ?(?:(\d+) s)?$/.exec(cell ?? '') ?? []
  return Number(minutes) * 60 + Number(rest)
}

describe('the page about KMS providers', () => {
  it('has the defaults of resilience', () => {
    const stated = rows('kms/README.md', /^`(attempt|deadline|base|retry|concurrency|breaker)/).flatMap(
      ([names, values]) => ticked(names ?? '').map((name, at) => [name, number(values?.split(', ')[at])]),
    )
    expect(Object.fromEntries(stated)).toEqual(DEFAULT_RESILIENCE)
  })
})

describe('the page about keys', () => {
  it('has the default times', () => {
    for (const [name, value] of Object.entries(DEFAULT_TIMING)) {
      expect([name, ...rows('keys.md', new RegExp(`^\`${name}\`$`)).map(([, cell]) => number(cell))]).toEqual([
        name,
        value,
      ])
    }
  })

  it('tells for each soft TTL what it costs and bridges', () => {
    const { hardTtlMs } = DEFAULT_TIMING
    const table = rows('keys.md', /^\d\d+ 000/)
    expect(table.length).toBeGreaterThan(3)
    for (const [softTtl, calls, bridged, stopped] of table) {
      const softTtlMs = number(softTtl)
      // Drawn evenly from what jitter leaves.
      const meanMs = softTtlMs * (1 - SOFT_TTL_JITTER / 2)
      expect([number(calls), seconds(bridged), seconds(stopped)]).toEqual([
        Math.round(3_600_000 / meanMs),
        (hardTtlMs - softTtlMs) / 1000,
        softTtlMs / 1000,
      ])
    }
    const [byDefault] = table.filter(([softTtl]) => softTtl?.includes('default'))
    const { softTtlMs } = resolveCacheOptions({ scope: 'process' }, DEFAULT_TIMING) ?? {}
    expect(number(byDefault?.[0])).toBe(softTtlMs)
  })
})

describe('the page about testing', () => {
  it('has every fault that the KMS in memory can be told to play', () => {
    const known = new Set<string>(KMS_FAULTS)
    const listed = rows('testing.md', /^`/)
      .flatMap(([cell]) => ticked(cell ?? ''))
      .filter((name) => known.has(name))
    expect(new Set(listed)).toEqual(known)
  })
})

describe('code on the pages about keys and KMS', () => {
  const pages = [
    'keys.md',
    'middleware.md',
    'testing.md',
    ...['README', 'aws', 'azure', 'gcp', 'vault'].map((name) => `kms/${name}.md`),
  ]
  const imports = pages.flatMap((page) =>
    [...read(page).matchAll(/^import \{ (.+) \} from '(fieldseal[^']*)'$/gm)].flatMap(([, names, module]) =>
      String(names)
        .split(', ')
        .map((name) => [name, String(module), page] as const),
    ),
  )

  it.each(imports)('imports %s from %s, which has it (%s)', async (name, module) => {
    const manifest: { readonly exports: { readonly [subpath: string]: { readonly default: string } } } = JSON.parse(
      readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8'),
    )
    const file = manifest.exports[module.replace(/^fieldseal/, '.')]?.default
    expect(file).toBeDefined()
    expect(Object.keys(await import(path.join(REPOSITORY, file ?? '')))).toContain(name)
  })
})
