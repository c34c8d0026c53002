import { describe, expect, it } from 'vitest'
import { chooseClient, runsBefore } from '../../src/generator/client-choice.js'
import { readOptions } from '../../src/generator/options.js'

function options(config: { readonly [name: string]: unknown }) {
  const problems: string[] = []
  const block = { name: 'fieldseal', provider: 'fieldseal-generator', output: '/o', isCustomOutput: true, config }
  return { read: readOptions(block, (problem) => problems.push(problem)), problems }
}

describe('the settings of the generator block', () => {
  it('can all be left out', () => {
    expect(options({})).toEqual({
      read: { format: undefined, keys: 'schema', types: true, client: undefined },
      problems: [],
    })
  })

  it('are format, keys, types and client', () => {
    const config = { format: 'js', keys: 'external', client: 'db' }
    expect(options({ ...config, types: 'false' })).toEqual({ read: { ...config, types: false }, problems: [] })
  })

  it.each([
    [{ fromat: 'ts' }, 'the generator fieldseal has no option fromat. Did you mean format?'],
    [
      { engineType: 'x' },
      'the generator fieldseal has no option engineType. The options are format, keys, types, client.',
    ],
    [
      { constructor: 'x' },
      'the generator fieldseal has no option constructor. The options are format, keys, types, client.',
    ],
    [{ format: 'tss' }, 'format of the generator fieldseal is "ts" or "js", not "tss". Did you mean "ts"?'],
    [{ keys: ['external'] }, 'keys of the generator fieldseal is "schema" or "external", not ["external"].'],
    [{ client: ['a'] }, 'client of the generator fieldseal is the name of one generator block, in quotes.'],
  ])('%j are refused', (config, message) => {
    expect(options(config).problems).toEqual([expect.stringContaining(message)])
  })
})

const OWN = 'generator fieldseal {\n  provider = "fieldseal-generator"\n}\n'
const client = (name: string) => `generator ${name} {\n  provider = "prisma-client"\n}\n`

function choose(datamodel: string, wanted?: string) {
  const problems: string[] = []
  const generator = { name: 'fieldseal', provider: 'x', output: '/o', isCustomOutput: true, config: {} }
  const request = { generator, otherGenerators: [], schemaPath: '/s', datamodel, dmmf: {} }
  const chosen = chooseClient(request, wanted, (problem) => problems.push(problem))
  return { name: chosen?.name, problems, before: chosen !== undefined && runsBefore(chosen, request) }
}

describe('the client that the policy goes with', () => {
  it('is the only one', () => {
    expect(choose(`${client('db')}${OWN}`)).toEqual({ name: 'db', problems: [], before: false })
  })

  it('must stand before our block', () => {
    expect(choose(`${OWN}${client('db')}`)).toMatchObject({ name: 'db', before: true })
  })

  it('is named by the option client, when there are several', () => {
    const several = `${client('one')}${client('two')}${OWN}`
    expect(choose(several, 'two')).toEqual({ name: 'two', problems: [], before: false })
    expect(choose(several).problems).toEqual([expect.stringContaining('client = "one"')])
    expect(choose(several, 'tow').problems).toEqual([expect.stringContaining('Did you mean "two"?')])
  })

  it('is missed where there is none', () => {
    expect(choose(OWN).problems).toEqual([expect.stringContaining('generates no Prisma client')])
  })
})
