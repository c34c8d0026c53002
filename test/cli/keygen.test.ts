import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { localKms } from '../../src/kms/local.js'
import { temporaryFolder } from '../support/core/temporary-folder.js'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const HEX_KEY = /^[0-9a-f]{64}\n$/

function fieldseal(...parameters: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...parameters], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('fieldseal keygen', () => {
  it('prints a new master key and nothing else, so that it can be piped', () => {
    const [first, second] = [fieldseal('keygen'), fieldseal('keygen')]
    expect(first).toMatchObject({ status: 0, stderr: '' })
    expect(first.stdout).toMatch(HEX_KEY)
    expect(second.stdout).toMatch(HEX_KEY)
    expect(first.stdout).not.toBe(second.stdout)
    expect(localKms({ key: first.stdout }).defaultKek).toBe('local://default')
  })

  it('prints it as JSON with the name of the variable', () => {
    const { status, stdout } = fieldseal('keygen', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      variable: 'FIELDSEAL_LOCAL_KEY',
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  it('writes it to a new file that only its owner may read, and does not print it', () => {
    const file = join(temporaryFolder(), 'master.key')
    const { status, stdout, stderr } = fieldseal('keygen', '--out', file)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const key = readFileSync(file, 'utf8')
    expect(key).toMatch(HEX_KEY)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(stdout).toContain(file)
    expect(stdout).not.toContain(key.trim())
    expect(localKms({ keyFile: file }).defaultKek).toBe('local://default')
  })

  it('says as JSON which file it wrote', () => {
    const file = join(temporaryFolder(), 'master.key')
    const { stdout } = fieldseal('keygen', '-o', file, '--json')
    expect(JSON.parse(stdout)).toEqual({ keyFile: file })
    expect(readFileSync(file, 'utf8')).toMatch(HEX_KEY)
  })

  it('never overwrites a file', () => {
    const file = join(temporaryFolder(), 'master.key')
    writeFileSync(file, 'precious')
    const { status, stdout, stderr } = fieldseal('keygen', '--out', file)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^fieldseal: .*exists already/)
    expect(stderr).not.toContain('    at ')
    expect(readFileSync(file, 'utf8')).toBe('precious')
  })

  it('fails with a message where it cannot write', () => {
    const file = join(temporaryFolder(), 'missing', 'master.key')
    const { status, stderr } = fieldseal('keygen', '--out', file)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^fieldseal: .*cannot be written/)
    expect(existsSync(file)).toBe(false)
  })
})

describe('fieldseal', () => {
  it('explains itself with --help', () => {
    const { status, stdout } = fieldseal('--help')
    expect(status).toBe(0)
    expect(stdout).toContain('keygen')
    expect(fieldseal('keygen', '--help').stdout).toContain('--out <file>')
  })

  it('tells its version', () => {
    const { version }: { version: string } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    )
    expect(fieldseal('--version')).toMatchObject({ status: 0, stdout: `${version}\n` })
  })

  it.each([[['keygn']], [['keygen', '--outt', 'x']], [['keygen', '--out']], [[]]])(
    'called as %j fails and shows how to call it',
    (parameters) => {
      const { status, stdout, stderr } = fieldseal(...parameters)
      expect(status).toBe(1)
      expect(stdout).toBe('')
      expect(stderr).toContain('Usage: fieldseal')
    },
  )
})
