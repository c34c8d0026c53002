import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Finished, plantFolder, repository, run, runProgram } from './project-folder.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.invalid']
const works = "console.log('works')\n"
/** Asks the proxy of its environment for another host, as an install script or a telemetry client would. */
const asksElsewhere = `import { request } from 'node:http'
const asked = request(process.env.HTTPS_PROXY, { method: 'CONNECT', path: 'elsewhere.invalid:443' })
asked.on('connect', (answer) => process.exit(answer.statusCode === 403 ? 0 : 1))
asked.end()
`

/** A committed repository with one dependency, whose demo and tests are these two programs. */
function repositoryWith(programs: { readonly demo: string; readonly tests: string }) {
  const lock: { packages: Record<string, object> } = JSON.parse(
    readFileSync(join(repository, 'package-lock.json'), 'utf8'),
  )
  const cache = lock.packages['node_modules/lru-cache']
  const manifest = { name: 'planted', version: '1.0.0', type: 'module', dependencies: { 'lru-cache': '*' } }
  const folder = plantFolder({
    'package.json': JSON.stringify({ ...manifest, scripts: { demo: 'node demo.mjs', test: 'node tests.mjs' } }),
    'package-lock.json': JSON.stringify({
      ...manifest,
      lockfileVersion: 3,
      requires: true,
      packages: { '': manifest, 'node_modules/lru-cache': cache },
    }),
    'demo.mjs': programs.demo,
    'tests.mjs': programs.tests,
  })
  folders.push(folder)
  for (const args of [
    ['init', '--quiet'],
    ['add', '.'],
    [...author, 'commit', '--quiet', '--message', 'Plant'],
  ]) {
    expect(run('git', args, folder)).toMatchObject({ code: 0 })
  }
  return folder
}

/** Quick, and with everything it leaves behind inside the folder. */
function twoCommands(folder: string, ...args: string[]): Finished {
  mkdirSync(join(folder, '.git', 'tmp'), { recursive: true })
  return runProgram('scripts/two-commands.mjs', ['--quick', ...args], folder, { TMPDIR: join(folder, '.git', 'tmp') })
}

describe('the two commands', { timeout: 120_000 }, () => {
  it('pass where install, demo and tests work, with the time of each', () => {
    const { code, stdout, stderr } = twoCommands(repositoryWith({ demo: works, tests: works }))
    expect(code).toBe(0)
    expect(stderr).not.toMatch(/^works$/m)
    expect(stdout).toMatch(/^node +npm +scripts +npm ci +npm run demo +npm run test +refused hosts +result$/m)
    expect(stdout).toMatch(/off +[\d.]+ s +[\d.]+ s +[\d.]+ s +none +works$/m)
  })

  it('ask only the registry', () => {
    const { stdout } = twoCommands(repositoryWith({ demo: works, tests: works }), '--json')
    const registry = new URL(run('npm', ['config', 'get', 'registry'], repository).stdout.trim()).hostname
    expect(JSON.parse(stdout)).toMatchObject([
      { problem: null, network: { reached: [expect.stringContaining(registry)], refused: [] } },
    ])
  })

  it('fail, show the end of the output and leave out the rest where a command fails', () => {
    const broken = "console.log('the reason')\nprocess.exit(3)\n"
    const { code, stdout, stderr } = twoCommands(repositoryWith({ demo: broken, tests: works }))
    expect(code).toBe(1)
    expect(stderr).toContain('the reason')
    expect(stdout).toMatch(/s ✗ +- +none +npm run demo failed \(exit code 3\)$/m)
  })

  it('show the output while they run, when told to', () => {
    const folder = repositoryWith({ demo: works, tests: "console.log('the tests')\n" })
    expect(twoCommands(folder, '--show').stderr).toMatch(/^works$[\s\S]*^the tests$/m)
  })

  it('hand out the report of the tests, with paths that hold in any clone, whether or not they passed', () => {
    const tests = (failed: number): string => `import { writeFileSync } from 'node:fs'
      const file = process.argv.find((arg) => arg.startsWith('--outputFile.json=')).split('=')[1]
      const testResults = [{ name: process.cwd() + '/test/a.test.ts', assertionResults: [] }]
      writeFileSync(file, JSON.stringify({ numFailedTests: ${failed}, testResults }))
      process.exit(${failed})\n`
    for (const failed of [0, 1]) {
      const folder = repositoryWith({ demo: works, tests: tests(failed) })
      const file = join(folder, '.git', 'report.json')
      expect(twoCommands(folder, '--tests-report', file).code).toBe(failed)
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
        numFailedTests: failed,
        testResults: [{ name: 'test/a.test.ts', assertionResults: [] }],
      })
    }
  })

  it('hand out no report where they do not get as far as the tests', () => {
    const folder = repositoryWith({ demo: 'process.exit(1)\n', tests: works })
    const file = join(folder, '.git', 'report.json')
    expect(twoCommands(folder, '--tests-report', file).code).toBe(1)
    expect(existsSync(file)).toBe(false)
  })

  it('fail where something other than the registry is asked, and name it', () => {
    const { code, stdout } = twoCommands(repositoryWith({ demo: works, tests: asksElsewhere }))
    expect(code).toBe(1)
    expect(stdout).toContain('asked for elsewhere.invalid:443')
  })

  it('only show what is asked in vain where install scripts may run', () => {
    const { code, stdout } = twoCommands(repositoryWith({ demo: works, tests: asksElsewhere }), '--only', 'scripts=on')
    expect(code).toBe(0)
    expect(stdout).toMatch(/on .*elsewhere\.invalid:443 +works$/m)
  })

  it('start from an empty home and from what is committed', () => {
    const emptyHome = `import { readdirSync } from 'node:fs'
      process.exit(readdirSync(process.env.HOME).length)\n`
    const folder = repositoryWith({ demo: emptyHome, tests: works })
    writeFileSync(join(folder, 'tests.mjs'), 'process.exit(1)\n')
    const { code, stderr } = twoCommands(folder)
    expect(stderr).toContain('uncommitted changes')
    expect(code).toBe(0)
  })

  it('run another test script when told to', () => {
    const folder = repositoryWith({ demo: works, tests: works })
    expect(twoCommands(folder, '--test-script', 'absent').stdout).toContain('npm run absent failed')
  })

  it('refuse an axis they do not know', () => {
    const folder = repositoryWith({ demo: works, tests: works })
    expect(twoCommands(folder, '--only', 'os=any')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('os=any'),
    })
  })
})
