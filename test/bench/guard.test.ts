import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repository, run } from '../package/project-folder.js'

/** What is done twice, and the ratio that must show it. Each is the line that makes OpenSSL's work begin. */
const SLOWDOWNS = [
  {
    what: 'sealing',
    key: 'seal_vs_floor',
    file: 'sealer/sealer.js',
    find: 'const length = encryptBody(key, body, plaintext, aad);',
    replace:
      'encodeValue(field, value, field.where); textOfBody(prefix, body, encryptBody(key, body, plaintext, aad)); const length = encryptBody(key, body, plaintext, aad);',
  },
  {
    what: 'opening',
    key: 'open_vs_floor',
    file: 'sealer/sealer.js',
    find: 'const plaintext = decryptBody(key, body, length, aad);',
    replace:
      'decodeValue(field, decryptBody(key, body, length, aad), where); bodyOfCell(stored, reused, where); const plaintext = decryptBody(key, body, length, aad);',
  },
  {
    what: 'tagging',
    key: 'tag_vs_floor',
    file: 'service/service.js',
    find: 'tag(keys, values.map(',
    replace:
      'tag(keys, values.map((value) => ({ index, tenant, values: partsOf(index, value) }))) && tag(keys, values.map(',
  },
] as const

interface Report {
  readonly ok: boolean
  readonly limits: Readonly<Record<string, number>>
  readonly attempts: readonly Readonly<Record<string, { readonly median: number }>>[]
}

let tree = ''

beforeAll(() => {
  if (!existsSync(path.join(repository, 'dist'))) throw new Error('There is no dist: run the tests with `npm test`.')
  // A copy of what the guard measures: its own package, so that `fieldseal` means the dist beside it.
  tree = mkdtempSync(path.join(tmpdir(), 'fieldseal-guarded-'))
  for (const entry of ['bench', 'dist', 'package.json']) {
    cpSync(path.join(repository, entry), path.join(tree, entry), { recursive: true })
  }
  symlinkSync(path.join(repository, 'node_modules'), path.join(tree, 'node_modules'), 'junction')
})

afterAll(() => rmSync(tree, { recursive: true, force: true }))

function guard(): { readonly code: number | null; readonly report: Report } {
  const { code, stdout, stderr } = run(process.execPath, ['bench/guard.mjs', '--json', '--rounds', '15'], tree)
  expect(stderr).toBe('')
  return { code, report: JSON.parse(stdout) }
}

describe('the regression guard', () => {
  it('lets the code pass as it is', { timeout: 120_000 }, () => {
    const { code, report } = guard()
    expect(report).toMatchObject({ ok: true })
    expect(code).toBe(0)
  })

  it.each(SLOWDOWNS)('catches $what that takes twice as long', { timeout: 120_000 }, ({ key, file, find, replace }) => {
    const place = path.join(tree, 'dist', file)
    const source = readFileSync(place, 'utf8')
    expect(source.split(find)).toHaveLength(2)
    writeFileSync(
      place,
      source.replace(find, () => replace),
    )
    try {
      const { code, report } = guard()
      expect(code).toBe(1)
      expect(report.attempts).toHaveLength(3)
      for (const keys of report.attempts) expect(keys[key]?.median).toBeGreaterThan(report.limits[key] ?? Infinity)
    } finally {
      writeFileSync(place, source)
    }
  })
})
