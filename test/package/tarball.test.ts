import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plantFolder, repository, run } from './project-folder.js'

interface Manifest {
  readonly name: string
  readonly devDependencies: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
}

const manifest: Manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
const entries = Object.entries(manifest.exports)
const subpaths = entries.map(([subpath]) => subpath).filter((subpath) => subpath !== './package.json')
/** What needs a peer: what extends Prisma, and the providers with an SDK. Everything else must load without any. */
const needPeers = ['.', './kms/aws', './kms/azure', './kms/gcp']
const peers = ['@prisma/client', '@aws-sdk/client-kms', '@azure/keyvault-keys', '@google-cloud/kms']
const specifiers = subpaths.map((subpath) => manifest.name + subpath.slice(1))

/** What may be in the tarball. A file of any other name is one that slipped in. */
const allowed =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+\.(js|d\.ts)|docs\/format\/[^/]+\.(md|mjs)|prisma\/fieldseal\/[a-z]+\.prisma)$/

const folders: string[] = []
let consumer = ''
let withoutPeers = ''
let packed: string[] = []

function succeed(command: string, args: readonly string[], folder: string): string {
  const { code, stdout, stderr } = run(command, args, folder)
  expect(code, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0)
  return stdout
}

beforeAll(() => {
  if (!existsSync(join(repository, 'dist'))) throw new Error('There is no dist: run the tests with `npm test`.')
  const shelf = plantFolder({})
  const project = { 'package.json': JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }) }
  consumer = plantFolder(project)
  withoutPeers = plantFolder(project)
  folders.push(shelf, consumer, withoutPeers)
  // Scripts stay off: a build here would take dist away from tests that run beside this one.
  succeed('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', shelf], repository)
  const tarball = readdirSync(shelf).map((name) => join(shelf, name))
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...tarball]
  succeed('npm', install, withoutPeers)
  succeed('npm', [...install, ...peers.map((peer) => `${peer}@${manifest.devDependencies[peer]}`)], consumer)
  const listing = succeed('tar', ['-tzf', ...tarball], shelf)
  packed = listing
    .split('\n')
    .filter((line) => line !== '' && !line.endsWith('/'))
    .map((line) => line.replace(/^package\//, ''))
}, 120_000)

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

describe('the tarball', () => {
  it('holds the compiled library, its papers and the format, and nothing else', () => {
    expect(packed.filter((path) => !allowed.test(path))).toEqual([])
    expect(packed).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'docs/format/decrypt.mjs']))
  })

  it('holds no compiled file whose source is gone', () => {
    const sources = packed
      .filter((path) => path.startsWith('dist/'))
      .map((path) => path.replace(/^dist\//, 'src/').replace(/(\.d\.ts|\.js)$/, '.ts'))
    expect(sources.filter((path) => !existsSync(join(repository, path)))).toEqual([])
  })

  it.each(entries)('holds every file that the export %s points to', (_, target) => {
    const files = typeof target === 'string' ? [target] : Object.values(target)
    expect(packed).toEqual(expect.arrayContaining(files.map((path) => path.replace(/^\.\//, ''))))
  })

  it.each(Object.entries(manifest.bin))('holds the program %s, with a shebang for Node.js', (_, path) => {
    const installed = join(consumer, 'node_modules', manifest.name, path)
    expect(readFileSync(installed, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })

  it('installs a command that explains itself', () => {
    expect(succeed('npx', ['--no-install', manifest.name, '--help'], consumer)).toContain(manifest.name)
  })
})

describe('an installed copy', () => {
  it.each(specifiers)('gives %s to require() and import alike, as one and the same module', (specifier) => {
    const commonJs = `consumer-${specifiers.indexOf(specifier)}.cjs`
    writeFileSync(
      join(consumer, commonJs),
      `const required = require('${specifier}')
      import('${specifier}').then((imported) => {
        const names = Object.keys(imported).filter((name) => name !== 'default' && name !== 'module.exports')
        console.log(JSON.stringify({ names, different: names.filter((name) => required[name] !== imported[name]) }))
      })`,
    )
    // Only stdout counts: Node.js 20 and early 22 warn on stderr that require() of an ES module is experimental.
    const { names, different } = JSON.parse(succeed(process.execPath, [commonJs], consumer))
    expect(names.length).toBeGreaterThan(0)
    expect(different).toEqual([])
  })

  it('gives every export to an ES module', () => {
    const lines = specifiers.map((specifier, index) => `import * as m${index} from '${specifier}'`)
    const counts = specifiers.map((_, index) => `Object.keys(m${index}).length`)
    writeFileSync(join(consumer, 'consumer.mjs'), `${lines.join('\n')}\nconsole.log(JSON.stringify([${counts}]))\n`)
    const exported: number[] = JSON.parse(succeed(process.execPath, ['consumer.mjs'], consumer))
    expect(exported.every((count) => count > 0)).toBe(true)
  })

  it.each(subpaths.filter((subpath) => !needPeers.includes(subpath)))('loads %s where there is no peer', (subpath) => {
    const program = `import('${manifest.name + subpath.slice(1)}').then((all) => console.log(Object.keys(all).length > 0))`
    expect(peers.filter((peer) => existsSync(join(withoutPeers, 'node_modules', peer)))).toEqual([])
    expect(succeed(process.execPath, ['--eval', program], withoutPeers)).toBe('true\n')
  })

  it('shows its package.json to programs that look for it', () => {
    const program = `process.stdout.write(require('${manifest.name}/package.json').name)`
    expect(succeed(process.execPath, ['--eval', program], consumer)).toBe(manifest.name)
  })

  it('keeps everything else private', () => {
    const program = `import('${manifest.name}/dist/index.js').catch((error) => process.stdout.write(error.code))`
    expect(succeed(process.execPath, ['--eval', program], consumer)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  it.each([
    [
      'ES module',
      'typed.mts',
      'typed.mjs',
      (specifier: string, index: number) => `import * as m${index} from '${specifier}'`,
    ],
    [
      'CommonJS',
      'typed.cts',
      'typed.cjs',
      (specifier: string, index: number) => `import m${index} = require('${specifier}')`,
    ],
  ])(
    'type-checks and runs in a TypeScript %s, with no type lost',
    (_, source, output, importOf) => {
      const lines = specifiers.flatMap((specifier, index) => [
        importOf(specifier, index),
        `if (Object.keys(m${index}).length === 0) throw new Error('empty')`,
        // A module whose types did not resolve would be \`any\`, and this line no error.
        '// @ts-expect-error: there is no such export',
        `m${index}.noSuchExport`,
      ])
      writeFileSync(join(consumer, source), `${lines.join('\n')}\nconsole.log('typed and running')\n`)
      const compilerOptions = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--types', 'node']
      const typeRoots = ['--typeRoots', join(repository, 'node_modules/@types')]
      const tsc = join(repository, 'node_modules/typescript/bin/tsc')
      succeed(process.execPath, [tsc, ...compilerOptions, ...typeRoots, source], consumer)
      expect(succeed(process.execPath, [output], consumer)).toBe('typed and running\n')
    },
    120_000,
  )
})
