import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { prismaDdl } from '../support/ddl/schema-engine.js'
import { REPOSITORY } from '../support/prisma-versions.js'

const example = path.join(REPOSITORY, 'examples/law-firm')

describe('the example', () => {
  it('makes its tables with the SQL that Prisma makes from its schema', async () => {
    const sql = await prismaDdl(readFileSync(path.join(example, 'schema.prisma'), 'utf8'), 'sqlite')
    await expect(sql).toMatchFileSnapshot(path.join(example, 'schema.sql'))
  })

  it('keeps its keys in the models that "fieldseal models" prints', () => {
    const models = readFileSync(path.join(REPOSITORY, 'prisma/fieldseal/sqlite.prisma'), 'utf8')
    expect(readFileSync(path.join(example, 'schema.prisma'), 'utf8')).toContain(models)
  })

  it('imports the very data that its script invents', () => {
    const script = path.join(REPOSITORY, 'scripts/make-demo-data.mjs')
    expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow()
  })
})
