import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineIndex, type IndexDefinition } from '../../src/blind-index/index.js'
import { LockFileError } from '../../src/errors/index.js'
import { definitionCollisions, definitionIdsOf, indexDefinitions } from '../../src/generator/definition-ids.js'
import { updateLock } from '../../src/generator/lock-file.js'
import { compilePolicy, type EncryptionPolicy } from '../../src/policy/index.js'
import { column, model, OPTIONAL, schemaOf } from '../policy/schema-builder.js'

const X = column('x', 'String', '@encrypted')
const Y = column('y', 'String', '@encrypted')
const INDEX = column('xIndex', 'String', '@blindIndex(x, normalize: [trim])', OPTIONAL)

function policyWith(...fields: Parameters<typeof model>[1]): EncryptionPolicy {
  return compilePolicy(schemaOf([model('A', fields)]), 'digest')
}

describe('the lock beside a schema', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lock-file-'))
    file = path.join(folder, 'fieldseal.lock')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is made with every identity, and not made where there is none', async () => {
    const { text, problems } = await updateLock(folder, policyWith(X, INDEX), folder)
    expect(problems).toEqual([])
    expect(text).toContain('"A.x": {"type":"String","list":false,"column":"String"}')
    expect(text).toMatch(/"A\.xIndex": \{"definitionId":"[0-9a-v]{6}","scope":"tenant"\}/)
    expect((await updateLock(folder, policyWith(), folder)).text).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
  })

  it('is left alone when it says the same, also with other line ends', async () => {
    const { text = '' } = await updateLock(folder, policyWith(X, INDEX), folder)
    for (const same of [text, text.replaceAll('\n', '\r\n')]) {
      await writeFile(file, same)
      expect(await updateLock(folder, policyWith(X, INDEX), folder)).toEqual({ file, text: undefined, problems: [] })
    }
  })

  it('takes new identities', async () => {
    await writeFile(file, (await updateLock(folder, policyWith(X), folder)).text ?? '')
    const { text, problems } = await updateLock(folder, policyWith(X, Y), folder)
    expect(problems).toEqual([])
    expect(text).toContain('"A.y"')
  })

  it('is not written when an identity is gone, or an index is defined otherwise', async () => {
    await writeFile(file, (await updateLock(folder, policyWith(X, Y, INDEX), folder)).text ?? '')
    const other = column('xIndex', 'String', '@blindIndex(x)', OPTIONAL)
    const { text, problems } = await updateLock(folder, policyWith(X, other), folder)
    expect(text).toBeUndefined()
    expect(problems).toEqual([expect.stringContaining('"A.y"'), expect.stringContaining('"A.xIndex" changed')])
  })

  it('that cannot be read is refused, with its path', async () => {
    await writeFile(file, '{')
    const reading = updateLock(folder, policyWith(X), path.dirname(folder))
    await expect(reading).rejects.toThrow(LockFileError)
    await expect(reading).rejects.toThrow(`${path.basename(folder)}/fieldseal.lock cannot be used`)
  })
})

describe('definition ids', () => {
  it('are those of the definitions', () => {
    const definitions = indexDefinitions(policyWith(X, INDEX))
    expect(definitions).toMatchObject([{ model: 'A', column: 'xIndex', parts: [{ fieldId: 'A.x' }] }])
    expect(definitionIdsOf(definitions).get('A.xIndex')).toBe(definitions[0]?.definitionId)
    expect(definitionCollisions(definitions)).toEqual([])
  })

  it('that two definitions of one index share are refused', () => {
    const [first, second] = collidingDefinitions()
    expect(definitionCollisions([first, second])).toMatchObject([
      { message: expect.stringContaining('cannot be told apart'), model: 'A' },
    ])
    expect(definitionCollisions([first, first])).toEqual([])
    expect(definitionCollisions([first, { ...second, indexId: 'another' }])).toEqual([])
  })
})

/** Two definitions whose hashes begin with the same 30 bits: among some 40 000 a pair is likely, found by search. */
function collidingDefinitions(): readonly [IndexDefinition, IndexDefinition] {
  const index = {
    indexId: 'i',
    scope: 'tenant',
    parts: [],
    exact: true,
    equivalence: false,
    primary: true,
    bits: 128,
  } as const
  const seen = new Map<string, IndexDefinition>()
  for (let number = 0; ; number++) {
    const parts = [{ field: 'x', fieldId: `A.x${number}`, type: 'String', normalisers: [] }] as const
    const definition = defineIndex('A', 'xIndex', index, parts)
    const twin = seen.get(definition.definitionId)
    if (twin !== undefined) return [twin, definition]
    seen.set(definition.definitionId, definition)
  }
}
