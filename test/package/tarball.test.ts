import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plantFolder, repository, run } from './project-folder.js'

interface Manifest {
  readonly name: string
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
  withoutPeers = plantFolder(project)
  consumer = plantFolder({})
  folders.push(shelf, consumer, withoutPeers)
  // Scripts stay off: a build here would take dist away from tests that run beside this one.
  succeed('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', shelf], repository)
  const tarball = readdirSync(shelf).map((name) => join(shelf, name))
  succeed(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...tarball],
    withoutPeers,
  )
  cpSync(withoutPeers, consumer, { recursive: true, verbatimSymlinks: true })
  for (const peer of peers) {
    const place = join(consumer, 'node_modules', peer)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(repository, 'node_modules', peer), place)
  }
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
  describe('gives to require() and import alike, as one and the same module,', () => {
    let given: Readonly<Record<string, { readonly names: string[]; readonly different: string[] }>> = {}
    beforeAll(() => {
      writeFileSync(
        join(consumer, 'consumer.cjs'),
        `const given = {}
        const see = async (specifier) => {
          const required = require(specifier)
          const imported = await import(specifier)
          const names = Object.keys(imported).filter((name) => name !== 'default' && name !== 'module.exports')
          given[specifier] = { names, different: names.filter((name) => required[name] !== imported[name]) }
        }
        Promise.all(${JSON.stringify(specifiers)}.map(see)).then(() => console.log(JSON.stringify(given)))`,
      )
      // Only stdout counts: Node.js 20 and early 22 warn on stderr that require() of an ES module is experimental.
      given = JSON.parse(succeed(process.execPath, ['consumer.cjs'], consumer))
    })

    it.each(specifiers)('%s', (specifier) => {
      expect(given[specifier]?.names.length).toBeGreaterThan(0)
      expect(given[specifier]?.different).toEqual([])
    })
  })

  it('gives every export to an ES module', () => {
    const lines = specifiers.map((specifier, index) => `import * as m${index} from '${specifier}'`)
    const counts = specifiers.map((_, index) => `Object.keys(m${index}).length`)
    writeFileSync(join(consumer, 'consumer.mjs'), `${lines.join('\n')}\nconsole.log(JSON.stringify([${counts}]))\n`)
    const exported: number[] = JSON.parse(succeed(process.execPath, ['consumer.mjs'], consumer))
    expect(exported.every((count) => count > 0)).toBe(true)
  })

  describe('loads where there is no peer:', () => {
    const independent = specifiers.filter((_, index) => !needPeers.includes(subpaths[index] ?? ''))
    let loaded: Readonly<Record<string, string>> = {}
    beforeAll(() => {
      expect(peers.filter((peer) => existsSync(join(withoutPeers, 'node_modules', peer)))).toEqual([])
      const program = `const loaded = {}
        const load = (specifier) => import(specifier).then(
          (all) => { loaded[specifier] = Object.keys(all).length > 0 ? 'loads' : 'is empty' },
          (error) => { loaded[specifier] = String(error) },
        )
        Promise.all(${JSON.stringify(independent)}.map(load)).then(() => console.log(JSON.stringify(loaded)))`
      loaded = JSON.parse(succeed(process.execPath, ['--eval', program], withoutPeers))
    })

    it.each(independent)('%s', (specifier) => {
      expect(loaded[specifier]).toBe('loads')
    })
  })

  it('shows its package.json to programs that look for it', () => {
    const program = `process.stdout.write(require('${manifest.name}/package.json').name)`
    expect(succeed(process.execPath, ['--eval', program], consumer)).toBe(manifest.name)
  })

  it('keeps everything else private', () => {
    const program = `import('${manifest.name}/dist/index.js').catch((error) => process.stdout.write(error.code))`
    expect(succeed(process.execPath, ['--eval', program], consumer)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  describe('type-checks and runs, with no type lost, in a TypeScript', () => {
    const kinds = {
      'ES module': [
        'typed.mts',
        'typed.mjs',
        (name: string, specifier: string) => `import * as ${name} from '${specifier}'`,
      ],
      CommonJS: [
        'typed.cts',
        'typed.cjs',
        (name: string, specifier: string) => `import ${name} = require('${specifier}')`,
      ],
    } as const

    beforeAll(() => {
      for (const [source, , importOf] of Object.values(kinds)) {
        const lines = specifiers.flatMap((specifier, index) => [
          importOf(`m${index}`, specifier),
          `if (Object.keys(m${index}).length === 0) throw new Error('empty')`,
          // A module whose types did not resolve would be `any`, and this line no error.
          '// @ts-expect-error: there is no such export',
          `m${index}.noSuchExport`,
        ])
        writeFileSync(join(consumer, source), `${lines.join('\n')}\nconsole.log('typed and running')\n`)
      }
      const compilerOptions = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--types', 'node']
      const typeRoots = ['--typeRoots', join(repository, 'node_modules/@types')]
      const tsc = join(repository, 'node_modules/typescript/bin/tsc')
      const sources = Object.values(kinds).map(([source]) => source)
      succeed(process.execPath, [tsc, ...compilerOptions, ...typeRoots, ...sources], consumer)
    }, 120_000)

    it.each(Object.entries(kinds))('%s', (_, [, output]) => {
      expect(succeed(process.execPath, [output], consumer)).toBe('typed and running\n')
    })
  })
})
