import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import * as library from '../../src/index.js'
import { REPOSITORY } from '../support/prisma-versions.js'

/** `code class` of every row of the page's tables. */
const documented = [
  ...readFileSync(path.join(REPOSITORY, 'docs/errors.md'), 'utf8').matchAll(
    /^\| `([A-Z_]+)` \| `(\w+)` \| .+ \| .+ \|$/gm,
  ),
].map(([, code, name]) => `${code} ${name}`)

/** The same of every error class in the source. */
const defined = readdirSync(path.join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => [
    ...readFileSync(path.join(REPOSITORY, 'src', file), 'utf8').matchAll(
      /export class (\w+) extends \w+ \{\n(?: {2}[^\n]*\n)*? {2}readonly code = '([A-Z_]+)'/g,
    ),
  ])
  .map(([, name, code]) => `${code} ${name}`)

describe('the page of errors', () => {
  it('lists every error there is, each once, and no other', () => {
    expect(documented.toSorted()).toEqual(defined.toSorted())
  })

  it('has no code that two errors share', () => {
    const codes = defined.map((entry) => entry.split(' ')[0])
    expect(new Set(codes).size).toBe(codes.length)
  })

  it('lists every error class that users can import', () => {
    const exported = Object.entries(library)
      .filter(([, value]) => typeof value === 'function' && value.prototype instanceof library.FieldsealError)
      .map(([name]) => name)
      .filter((name) => name !== 'KmsError')
    expect(exported.length).toBeGreaterThan(30)
    expect(documented.map((entry) => entry.split(' ')[1])).toEqual(expect.arrayContaining(exported))
  })
})
