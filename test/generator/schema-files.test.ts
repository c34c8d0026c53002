import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findClient } from '../../src/generator/client-module.js'
import { moduleSystemOf } from '../../src/generator/module-system.js'
import { readSchemaFiles, schemaFolderOf } from '../../src/generator/schema-files.js'

let folder: string
const at = (name: string) => path.join(folder, name)
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'schema files-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(name: string, text = ''): Promise<void> {
  await mkdir(path.dirname(at(name)), { recursive: true })
  await writeFile(at(name), text)
}

describe('the files of a schema', () => {
  it('are the one that is named', async () => {
    await write('prisma/one.prisma', 'model A {}')
    await write('prisma/two.prisma')
    expect(await readSchemaFiles(at('prisma/one.prisma'), folder)).toEqual([
      { path: path.join('prisma', 'one.prisma'), text: 'model A {}' },
    ])
    expect(await schemaFolderOf(at('prisma/one.prisma'))).toBe(at('prisma'))
  })

  it('are those of the folder and below, in order, and no others', async () => {
    for (const name of ['b.prisma', 'a/z.prisma', 'a/notes.md', 'c.prisma.bak']) await write(`prisma/${name}`)
    const files = await readSchemaFiles(at('prisma'), at('prisma'))
    expect(files.map((file) => file.path)).toEqual([path.join('a', 'z.prisma'), 'b.prisma'])
    expect(await schemaFolderOf(at('prisma'))).toBe(at('prisma'))
  })

  it('are found behind links, once', async () => {
    await write('prisma/a.prisma')
    await write('elsewhere/b.prisma')
    await symlink(at('elsewhere'), at('prisma/linked'))
    await symlink(at('prisma'), at('elsewhere/round'))
    await symlink(at('nowhere'), at('prisma/broken.prisma'))
    const files = await readSchemaFiles(at('prisma'), at('prisma'))
    expect(files.map((file) => file.path)).toEqual(['a.prisma', path.join('linked', 'b.prisma')])
  })
})

describe('the module system of a folder', () => {
  it.each([
    ['{ "type": "module" }', 'esm'],
    ['{ "type": "commonjs" }', 'cjs'],
    ['{}', 'cjs'],
    ['not JSON', 'cjs'],
  ])('under %s is %s', async (manifest, system) => {
    await write('package.json', manifest)
    await write('src/generated/x')
    expect(await moduleSystemOf(at('src/generated'))).toBe(system)
  })

  it('is that of the nearest package.json', async () => {
    await write('package.json', '{ "type": "module" }')
    await write('inner/package.json', '{}')
    expect(await moduleSystemOf(at('inner/not/there/yet'))).toBe('cjs')
  })
})

describe('the generated client', () => {
  const block = (provider: string) => ({
    name: 'client',
    provider,
    output: at('src/client'),
    isCustomOutput: true,
    config: {},
  })

  it.each([
    ['client.ts', 'from "./internal/class.js"', '../client/client.js', '.ts'],
    ['client.ts', "from './internal/class.ts'", '../client/client.ts', '.ts'],
    ['client.ts', 'from "./internal/class"', '../client/client', '.ts'],
    ['client.mts', 'from "./internal/class.mjs"', '../client/client.mjs', '.mts'],
    ['client.cts', 'from "./internal/class.cjs"', '../client/client.cjs', '.cts'],
  ])('%s that imports %s is imported as %s', async (name, line, specifier, extension) => {
    await write(`src/client/${name}`, `import * as $Class ${line}\n`)
    expect(await findClient(block('prisma-client'), at('src/policy'))).toEqual({ specifier, extension })
  })

  it('in JavaScript is its index.js, or the package where it has no output of its own', async () => {
    await write('src/client/index.js')
    const client = block('prisma-client-js')
    expect(await findClient(client, at('src'))).toEqual({ specifier: './client/index.js', extension: '.ts' })
    expect(await findClient({ ...client, isCustomOutput: false }, at('src'))).toMatchObject({
      specifier: '@prisma/client',
    })
  })

  it.each(['prisma-client', 'prisma-client-js'])('of %s that is not there is not found', async (provider) => {
    expect(await findClient(block(provider), at('src'))).toBeUndefined()
  })
})
