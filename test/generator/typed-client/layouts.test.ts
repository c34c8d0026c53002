import { readdir } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { CLIENT_MODEL, configuration, createProject, keyModels, type Project } from '../project.js'

const MODELS = `${CLIENT_MODEL}${keyModels('sqlite')}`

/** The schema with other settings of the client's block. */
function withClient(lines: string): string {
  return configuration({}).replace('  output = "../client"\n', `  output = "../client"\n${lines}`)
}

describe('prisma generate types the client', () => {
  let project: Project
  afterEach(() => project.remove())

  async function generated(files: { readonly [name: string]: string }): Promise<void> {
    project = await createProject(files)
    expect(await project.generate()).toMatchObject({ code: 0 })
  }

  it.each([
    ['with extensions in imports', '  importFileExtension = "js"\n', 'ts'],
    ['as CommonJS', '  moduleFormat = "cjs"\n', 'ts'],
    ['as .mts files', '  generatedFileExtension = "mts"\n  importFileExtension = "mjs"\n', 'mts'],
  ])('%s', async (_, lines, extension) => {
    await generated({ 'prisma/schema.prisma': withClient(lines) })
    const text = await project.read(`client/models/Client.${extension}`)
    expect(text).toContain('  balance: Prisma.Decimal | null')
    expect(text).not.toContain('ssnIndex')
  })

  it('again after a change of the schema, although a model is gone', async () => {
    const gone = 'model Gone {\n  id Int @id\n  text String /// @encrypted\n}\n'
    await generated({ 'prisma/models.prisma': `${MODELS}${gone}` })
    expect(await project.read('client/models/Gone.ts')).toContain('text?: never')
    await project.write('prisma/models.prisma', MODELS.replace('balance  String? ', 'balance  String '))
    await project.write(
      'prisma/fieldseal.lock',
      (await project.read('prisma/fieldseal.lock')).replace(/,\n.*Gone.*/, ''),
    )
    expect(await project.generate()).toMatchObject({ code: 0 })
    expect(await readdir(project.at('client/models'))).not.toContain('Gone.ts')
    expect(await project.read('client/models/Client.ts')).toContain('  balance: Prisma.Decimal\n')
  })

  it('but not with types = "false"', async () => {
    await generated({ 'prisma/schema.prisma': configuration({ settings: { types: 'false' } }) })
    expect(await project.read('client/models/Client.ts')).toContain('ssnIndex')
  })

  it('each of two, one of them in another package', async () => {
    const second = configuration({
      client: 'prisma-client-js',
      settings: { client: 'other', output: '../web/fieldseal' },
    })
      .replace(/^datasource[^}]*\}\n/, '')
      .replace('generator client', 'generator other')
      .replace('generator fieldseal', 'generator fieldsealOther')
      .replace('"../client"', '"../web/client"')
    await generated({
      'web/package.json': '{ "name": "web" }',
      'prisma/schema.prisma': `${configuration({ settings: { client: 'client' } })}${second}`,
    })
    expect(await project.read('client/models/Client.ts')).toContain('  balance: Prisma.Decimal | null')
    expect(await project.read('web/client/index.d.ts')).toContain('      balance: Decimal | null')
  })

  it('and says what to move where the block of fieldseal stands first, and leaves no policy to run with', async () => {
    await generated({})
    await project.write('prisma/schema.prisma', configuration({ isFirst: true }))
    const { code, output } = await project.generate()
    expect(code).toBe(1)
    expect(output.replace(/\s+/g, ' ')).toContain('Move its block behind that of client')
    expect(await project.read('fieldseal/policy.ts')).toContain('refuse()')
  })
})
