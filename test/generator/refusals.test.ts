import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CLIENT_GENERATORS } from '../support/schema.js'
import { CLIENT_MODEL, configuration, createProject, keyModels, type Project } from './project.js'

const MODELS = `${CLIENT_MODEL}${keyModels('sqlite')}`
const WRONG = MODELS.replace('/// @encrypted\n', '/// @encrytped\n')
const COMPLAINT = /prisma\/models\.prisma:5: Client\.ssn: @encrytped .* @encrypted/

describe.each(CLIENT_GENERATORS)('where an annotation is wrong, with %s', (client) => {
  let project: Project
  const module = client === 'prisma-client' ? 'policy.ts' : 'policy.js'
  beforeAll(async () => {
    project = await createProject({}, { client })
  })
  afterAll(() => project.remove())

  it('fails, and replaces the policy by a module that throws the same, until it is right again', async () => {
    expect(await project.generate()).toMatchObject({ code: 0 })
    const good = await project.read(`fieldseal/${module}`)

    await project.write('prisma/models.prisma', WRONG)
    const { code, output } = await project.generate()
    expect(code).toBe(1)
    expect(output).toMatch(COMPLAINT)
    await expect(importPolicy(project, module)).rejects.toThrow(COMPLAINT)
    await expect(importPolicy(project, module)).rejects.toMatchObject({ code: 'INVALID_POLICY' })

    await project.write('prisma/models.prisma', MODELS)
    expect(await project.generate()).toMatchObject({ code: 0 })
    expect(await project.read(`fieldseal/${module}`)).toBe(good)
  })
})

describe('prisma generate fails', () => {
  let project: Project | undefined
  afterEach(() => project?.remove())

  async function failure(files: { readonly [name: string]: string }): Promise<string> {
    project = await createProject(files)
    const { code, output } = await project.generate()
    expect(code).toBe(1)
    return output
  }

  it('with our block before that of the client, whether or not the client is there', async () => {
    const output = await failure({ 'prisma/schema.prisma': configuration({ isFirst: true }) })
    expect(output).toContain('prisma/schema.prisma:4: the generator fieldseal stands before client')
    await project?.write('prisma/schema.prisma', configuration({}))
    expect(await project?.generate()).toMatchObject({ code: 0 })
    await project?.write('prisma/schema.prisma', configuration({ isFirst: true }))
    expect((await project?.generate())?.output.replace(/\s+/g, ' ')).toContain('Move its block behind that of client')
    expect(await project?.read('fieldseal/policy.ts')).toContain('refuse()')
  })

  it('when --generator leaves out the client', async () => {
    project = await createProject()
    const { code, output } = await project.generate('--schema', 'prisma', '--generator', 'fieldseal')
    expect(code).toBe(1)
    expect(output).toContain('--generator leaves out client')
  })

  it('with everything that is wrong in one message: an option, an annotation, one that Prisma does not pass on', async () => {
    const output = await failure({
      'prisma/schema.prisma': configuration({ settings: { formt: 'js' } }),
      'prisma/models.prisma': `${WRONG}model Other {\n  id Int @id\n  // @encrypted\n  text String\n}\n`,
    })
    expect(output).toContain(
      'prisma/schema.prisma:8: the generator fieldseal has no option formt. Did you mean format?',
    )
    expect(output).toMatch(COMPLAINT)
    expect(output).toMatch(/prisma\/models\.prisma:\d+: @encrypted stands in a \/\/ comment/)
  })

  it('without the models for keys, unless keys are kept elsewhere', async () => {
    const output = await failure({ 'prisma/models.prisma': CLIENT_MODEL })
    expect(output).toContain('FieldsealKey, where wrapped keys are kept: the schema has no such model')
    expect(output).toContain('npx fieldseal models --provider sqlite')
    await project?.write('prisma/schema.prisma', configuration({ settings: { keys: 'external' } }))
    expect(await project?.generate()).toMatchObject({ code: 0 })
  })

  it('for format = "js" beside a TypeScript client, when a Decimal needs its class', async () => {
    const output = await failure({ 'prisma/schema.prisma': configuration({ settings: { format: 'js' } }) })
    expect(output).toContain('does not go with the TypeScript client of client')
  })

  it('for a renamed field, and leaves the lock as it was', async () => {
    project = await createProject()
    await project.generate()
    const lock = await project.read('prisma/fieldseal.lock')
    await project.write('prisma/models.prisma', MODELS.replaceAll('ssn', 'number'))
    const { code, output } = await project.generate()
    expect(code).toBe(1)
    expect(output).toContain('no field has the id "Client.ssn" any more (new: Client.number)')
    expect(await project.read('prisma/fieldseal.lock')).toBe(lock)

    await project.write(
      'prisma/models.prisma',
      MODELS.replaceAll('ssn', 'number')
        .replace('/// @encrypted\n', '/// @encrypted(id: "Client.ssn")\n')
        .replace('normalize: [digits]', 'normalize: [digits], id: "Client.ssnIndex"'),
    )
    expect(await project.generate()).toMatchObject({ code: 0 })
    expect(await project.read('prisma/fieldseal.lock')).toBe(lock)
  })

  it('for a lock that cannot be read', async () => {
    const output = await failure({ 'prisma/fieldseal.lock': '<<<<<<< HEAD' })
    expect(output).toContain('prisma/fieldseal.lock cannot be used')
  })
})

it('a new field is added to the lock', async () => {
  const project = await createProject()
  try {
    await project.generate()
    await project.write('prisma/models.prisma', MODELS.replace('  ssn ', '  name String /// @encrypted\n  ssn '))
    expect(await project.generate()).toMatchObject({ code: 0 })
    expect(await project.read('prisma/fieldseal.lock')).toContain('"Client.name"')
  } finally {
    await project.remove()
  }
})

it('leaves alone what the user keeps under the name of another format', async () => {
  const own = 'export const policy = "mine"\n'
  const project = await createProject({ 'fieldseal/policy.js': own, 'prisma/models.prisma': WRONG })
  try {
    await project.generate()
    expect(await project.read('fieldseal/policy.js')).toBe(own)
    expect(existsSync(project.at('fieldseal/policy.ts'))).toBe(true)
  } finally {
    await project.remove()
  }
})

let imports = 0
/** Node keeps modules by URL, so each import asks for another one. */
function importPolicy(project: Project, module: string): Promise<unknown> {
  imports += 1
  return import(/* @vite-ignore */ `${pathToFileURL(project.at(`fieldseal/${module}`)).href}?${imports}`)
}
