import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { CLIENT_MODEL, configuration, createProject, keyModels, type Project } from '../generator/project.js'
import { PRISMA_VERSIONS, REPOSITORY } from '../support/prisma-versions.js'

const WRONG = `${CLIENT_MODEL.replace('/// @encrypted\n', '/// @encrytped\n')}${keyModels('sqlite')}`

interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function check(folder: string, ...args: readonly string[]): Promise<Result> {
  const cli = path.join(REPOSITORY, 'dist/cli/main.js')
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'check', ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

let project: Project
afterEach(() => project.remove())

describe.each(PRISMA_VERSIONS)('fieldseal check, with Prisma %s,', (prisma) => {
  it('says what prisma generate would say, and writes nothing', async () => {
    project = await createProject({ 'prisma/models.prisma': WRONG }, { prisma })
    const { code, stdout } = await check(project.directory, '--schema', 'prisma')
    expect(stdout).toMatch(/^prisma\/models\.prisma:5: Client\.ssn: @encrytped .* @encrypted/)
    expect(code).toBe(1)
    expect(await readdir(project.directory)).toEqual(['node_modules', 'package.json', 'prisma'])
    expect(await readdir(project.at('prisma'))).toEqual(['models.prisma', 'schema.prisma'])
  })
})

describe('fieldseal check', () => {
  it('wants the lock to have every identity, and then is content', async () => {
    project = await createProject()
    const before = await check(project.directory, '--schema', 'prisma', '--json')
    expect(before.code).toBe(1)
    expect(JSON.parse(before.stdout)).toEqual({ problems: [expect.stringContaining('prisma/fieldseal.lock does not')] })
    await project.generate()
    const after = await check(project.directory, '--schema', 'prisma', '--json')
    expect(after).toMatchObject({ code: 0, stdout: '{"problems":[]}\n' })
  })

  it('finds the schema that package.json names', async () => {
    project = await createProject({
      'package.json': '{ "prisma": { "schema": "db/all.prisma" } }',
      'db/all.prisma': `${configuration({})}${WRONG}`,
    })
    expect((await check(project.directory)).stdout).toContain('db/all.prisma:')
  })

  it('hears every block of ours, and says a problem once', async () => {
    const whole = configuration({ settings: { formt: 'js' } })
    const second = whole.slice(whole.indexOf('generator fieldseal')).replace('fieldseal', 'second')
    project = await createProject({
      'prisma/schema.prisma': `${configuration({})}${second}`,
      'prisma/models.prisma': WRONG,
    })
    const { stdout } = await check(project.directory, '--schema', 'prisma', '--json')
    expect(JSON.parse(stdout)).toEqual({
      problems: [
        expect.stringMatching(/Client\.ssn: @encrytped/),
        expect.stringMatching(/Client\.ssnIndex/),
        expect.stringMatching(/no option formt/),
      ],
    })
  })

  it('exits with 2 where it cannot check, and says why', async () => {
    project = await createProject({ 'prisma/models.prisma': 'model A {' })
    const broken = await check(project.directory, '--schema', 'prisma')
    expect(broken).toMatchObject({ code: 2, stdout: '' })
    expect(broken.stderr).toContain('Prisma did not get as far as the check')

    const missing = await check(project.directory, '--schema', 'nowhere')
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no schema at nowhere') })

    const ours = configuration({}).replace('fieldseal-generator', 'other-generator')
    await project.write('prisma/schema.prisma', ours)
    const without = await check(project.directory, '--schema', 'prisma')
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('no generator block with provider') })
  })
})
