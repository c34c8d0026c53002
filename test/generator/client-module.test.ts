import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { clientFolder } from '../../src/generator/client-module.js'

let root: string
beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'client-module-')))
})
afterEach(() => rm(root, { recursive: true, force: true }))

function block(provider: string, output: string | null) {
  return { name: 'client', provider, output, isCustomOutput: false, config: {} }
}

async function write(file: string): Promise<string> {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true })
  await writeFile(path.join(root, file), '')
  return path.dirname(path.join(root, file))
}

const DEFAULT = 'node_modules/@prisma/client'

it('a client is where its output says', async () => {
  const folder = path.join(root, 'src/client')
  expect(await clientFolder(block('prisma-client', folder))).toEqual({ language: 'ts', folder })
  expect(await clientFolder(block('prisma-client-js', folder))).toEqual({ language: 'js', folder })
})

it('what is no client has no folder', async () => {
  expect(await clientFolder(block('prisma-erd', '/erd'))).toBeUndefined()
  expect(await clientFolder(block('prisma-client', null))).toBeUndefined()
})

it('in the default place, the files are beside the package of Prisma', async () => {
  await write(`${DEFAULT}/index.d.ts`)
  const folder = await write('node_modules/.prisma/client/index.d.ts')
  expect(await clientFolder(block('prisma-client-js', path.join(root, DEFAULT)))).toEqual({ language: 'js', folder })
})

it('also where a package manager links that package from elsewhere', async () => {
  const store = 'node_modules/.pnpm/@prisma+client@7.0.0/node_modules'
  const folder = await write(`${store}/.prisma/client/index.d.ts`)
  const target = await write(`${store}/@prisma/client/index.d.ts`)
  await mkdir(path.join(root, 'node_modules/@prisma'))
  await symlink(target, path.join(root, DEFAULT), 'junction')
  expect(await clientFolder(block('prisma-client-js', path.join(root, DEFAULT)))).toEqual({ language: 'js', folder })
})
