import { readdir } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { CLIENT_MODEL, configuration, createProject, keyModels, type Project } from '../project.js'

const MODELS = `${CLIENT_MODEL}${keyModels('sqlite')}`

/** A schema's blocks with further settings of the client's. */
function withSettings(name: string, lines: string, output = `../${name}/fieldseal`): string {
  return configuration({ settings: { client: name, output } }).replace(
    '  output = "../client"\n',
    `  output = "../client"\n${lines}`,
  )
}

describe('prisma generate types the client', () => {
  let project: Project
  afterEach(() => project.remove())

  async function generated(files: { readonly [name: string]: string }): Promise<void> {
    project = await createProject(files)
    expect(await project.generate()).toMatchObject({ code: 0 })
  }

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

  it('each of several, whatever its modules are, and one in another package', async () => {
    const others = [
      configuration({ client: 'prisma-client-js', settings: { client: 'web', output: '../web/fieldseal' } }),
      withSettings('cjs', '  moduleFormat = "cjs"\n'),
      withSettings('mts', '  generatedFileExtension = "mts"\n  importFileExtension = "mjs"\n'),
    ].map((text, at) => {
      const name = ['web', 'cjs', 'mts'][at] ?? ''
      return text
        .replace(/^datasource[^}]*\}\n/, '')
        .replace('generator client', `generator ${name}`)
        .replace('generator fieldseal', `generator ${name}Fieldseal`)
        .replace('"../client"', `"../${name}/client"`)
    })
    const first = withSettings('client', '  importFileExtension = "js"\n', '../fieldseal')
    await generated({
      'web/package.json': '{ "name": "web" }',
      'cjs/package.json': '{}',
      'prisma/schema.prisma': `${first}${others.join('')}`,
    })
    for (const file of ['client/models/Client.ts', 'cjs/client/models/Client.ts', 'mts/client/models/Client.mts']) {
      const text = await project.read(file)
      expect(text).toContain('  balance: Prisma.Decimal | null')
      expect(text).not.toContain('ssnIndex')
    }
    expect(await project.read('web/client/index.d.ts')).toContain('      balance: Decimal | null')
    for (const policy of [
      'fieldseal/policy.ts',
      'web/fieldseal/policy.d.ts',
      'cjs/fieldseal/policy.ts',
      'mts/fieldseal/policy.mts',
    ]) {
      expect(await project.read(policy)).toContain('Prisma.Decimal')
    }
  })
})
