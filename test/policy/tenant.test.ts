import { describe, expect, it } from 'vitest'
import { compilePolicy, type SchemaField, type SchemaModel } from '../../src/policy/index.js'
import { column, model, OPTIONAL, problemsOf, relation, schemaOf } from './schema-builder.js'

const client = (documentation: string | null = null, firmId: Partial<SchemaField> = {}): SchemaModel =>
  model('Client', [column('firmId', 'String', null, firmId)], { documentation })
const note = (
  documentation: string | null,
  toClient: Partial<SchemaField> = {},
  fromFields = ['clientId'],
): SchemaModel =>
  model('Note', [relation('client', 'Client', fromFields, toClient), column('clientId', 'String')], { documentation })
const ruleOf = (models: readonly SchemaModel[], name: string) =>
  compilePolicy(schemaOf(models), 'digest').models[name]?.tenant
const only = (models: readonly SchemaModel[]): string => {
  const problems = problemsOf(schemaOf(models))
  expect(problems).toHaveLength(1)
  return problems[0] ?? ''
}

describe('@tenant', () => {
  it('names a column of the model', () => {
    expect(ruleOf([client('@tenant(firmId)')], 'Client')).toEqual({ kind: 'path', path: ['firmId'] })
  })

  it('follows relations to a column of another model', () => {
    const attachment = model('Attachment', [relation('note', 'Note', ['noteId']), column('noteId', 'String')], {
      documentation: '@tenant(note.client.firmId)',
    })
    const models = [client('@tenant(firmId)'), note('@tenant(client.firmId)'), attachment]
    expect(ruleOf(models, 'Attachment')).toEqual({ kind: 'path', path: ['note', 'client', 'firmId'] })
  })

  it('follows relations to models without a rule of their own', () => {
    expect(ruleOf([client(), note('@tenant(client.firmId)')], 'Note')).toEqual({
      kind: 'path',
      path: ['client', 'firmId'],
    })
  })

  it('takes the tenant from the context alone with @tenant(context)', () => {
    expect(ruleOf([client('@tenant(context)')], 'Client')).toEqual({ kind: 'context' })
  })

  it('may still follow a relation that is called context', () => {
    const models = [
      client('@tenant(firmId)'),
      model('Note', [relation('context', 'Client', ['clientId']), column('clientId', 'String')], {
        documentation: '@tenant(context.firmId)',
      }),
    ]
    expect(ruleOf(models, 'Note')).toEqual({ kind: 'path', path: ['context', 'firmId'] })
  })

  it('is none where it is not said', () => {
    expect(ruleOf([client()], 'Client')).toEqual({ kind: 'none' })
  })

  it('refuses a column that holds tenants to be equal that differ in case', () => {
    const problem = only([client('@tenant(firmId)', { nativeType: { name: 'Citext', args: [] } })])
    expect(problem).toContain('Client.firmId is @db.Citext')
  })

  it.each(['String', 'Int', 'BigInt'])('takes a column of type %s', (type) => {
    expect(problemsOf(schemaOf([client('@tenant(firmId)', { type })]))).toEqual([])
  })

  it.each(['Boolean', 'DateTime', 'Bytes', 'Json', 'Float', 'Decimal'])('refuses a column of type %s', (type) => {
    expect(only([client('@tenant(firmId)', { type })])).toContain('A tenant column is a String, Int or BigInt')
  })

  it('refuses an enum', () => {
    expect(only([client('@tenant(firmId)', { type: 'Firm', kind: 'enum' })])).toContain('A tenant column is')
  })

  it('refuses an optional column', () => {
    expect(only([client('@tenant(firmId)', OPTIONAL)])).toContain('every row needs a tenant. Make it required')
  })

  it('refuses a list', () => {
    expect(only([client('@tenant(firmId)', { isList: true })])).toContain('a row belongs to one tenant')
  })

  it('refuses an unknown field and names the nearest', () => {
    expect(only([client('@tenant(firmid)')])).toContain('Client has no field "firmid"; the nearest is "firmId"')
    expect(only([client(), note('@tenant(client.firm)')])).toContain(
      'Client has no field "firm"; the nearest is "firmId"',
    )
  })

  it('refuses a path that ends at a relation', () => {
    expect(only([client(), note('@tenant(client)')])).toContain('Go on to a column of the related model')
  })

  it('refuses a path through a column', () => {
    expect(only([client('@tenant(firmId.id)')])).toContain('Client.firmId is not a relation')
  })

  it('refuses a relation to a model that the schema does not have', () => {
    expect(only([note('@tenant(client.firmId)')])).toContain('the schema has no model "Client"')
  })

  it('refuses an optional relation', () => {
    expect(only([client(), note('@tenant(client.firmId)', OPTIONAL)])).toContain('is an optional relation')
  })

  it('refuses a to-many relation', () => {
    expect(only([client(), note('@tenant(client.firmId)', { isList: true }, [])])).toContain(
      'follows to-one relations only',
    )
  })

  it('refuses the side of a relation that holds no foreign key', () => {
    expect(only([client(), note('@tenant(client.firmId)', {}, [])])).toContain('the side without the foreign key')
  })

  it("refuses to contradict the related model's own rule, and shows the right path", () => {
    const related = model('Client', [column('firmId', 'String'), column('ownerId', 'String')], {
      documentation: '@tenant(ownerId)',
    })
    expect(only([related, note('@tenant(client.firmId)')])).toContain(
      'Write @tenant(client.ownerId), or correct Client',
    )
  })

  it('is ambiguous when it says context and the model has such a column', () => {
    expect(only([model('Client', [column('context', 'String')], { documentation: '@tenant(context)' })])).toContain(
      '@tenant(context) is ambiguous',
    )
  })

  it.each(['"firmId"', '[firmId]', '1'])('refuses @tenant(%s)', (path) => {
    expect(only([client(`@tenant(${path})`)])).toContain('takes the path to a column')
  })

  it('refuses to stand on a field, and shows where it belongs', () => {
    expect(only([model('Client', [column('firmId', 'String', '@tenant(firmId)')])])).toContain('Put it above the model')
  })
})
