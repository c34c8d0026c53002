import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { REPOSITORY } from '../support/prisma-versions.js'

/** Everything a built file loads, itself included, and the packages among it. */
function loaded(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const source = readFileSync(path.join(REPOSITORY, file), 'utf8')
  for (const [, specifier = ''] of source.matchAll(/^(?:import|export)\b(?:[^'"`=]*?\bfrom)?\s*['"]([^'"]+)['"]/gm)) {
    if (specifier.startsWith('.')) loaded(path.join(path.dirname(file), specifier), seen)
    else seen.add(specifier)
  }
  return seen
}

it('the generator loads no npm package, no KMS, no keys, no command line', () => {
  const all = [...loaded('dist/generator/main.js')]
  expect(all).toContain('dist/policy/compile.js')
  expect(all.filter((name) => !name.startsWith('node:') && !name.startsWith('dist/'))).toEqual([])
  expect(all.filter((name) => /^dist\/(kms|keys|cli|service|sealer|jobs)\//.test(name))).toEqual([])
})
