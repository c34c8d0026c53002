import { describe, expect, expectTypeOf, it } from 'vitest'
import { UnknownFieldError } from '../../src/errors/index.js'
import type { EncryptionPolicy } from '../../src/policy/policy.js'
import type { BlindIndexName, EncryptedFieldName, Fieldseal } from '../../src/service/index.js'
import { createBench } from '../support/core/bench.js'
import { encrypted, index, model, part, plain, policyOf } from '../support/core/policy.js'

const small = policyOf({
  Client: model(
    'Client',
    { kind: 'context' },
    {
      id: plain('id'),
      ssn: encrypted('Client', 'ssn'),
      ssnIndex: index('Client', 'ssnIndex', [part('ssn')]),
    },
  ),
  Note: model('Note', { kind: 'context' }, { id: plain('id'), body: encrypted('Note', 'body') }),
})

describe('the names a policy allows', () => {
  it('are those of its encrypted fields and blind indexes, known to the compiler', () => {
    expectTypeOf<EncryptedFieldName<typeof small>>().toEqualTypeOf<'Client.ssn' | 'Note.body'>()
    expectTypeOf<BlindIndexName<typeof small>>().toEqualTypeOf<'Client.ssnIndex'>()
  })

  it('are any text for a policy whose type says nothing', () => {
    expectTypeOf<EncryptedFieldName<EncryptionPolicy>>().toEqualTypeOf<string>()
    expectTypeOf<BlindIndexName<EncryptionPolicy>>().toEqualTypeOf<string>()
  })

  it('are all that compiles, and all that runs', async () => {
    const { fieldseal } = createBench()
    const firm = { tenant: 'firm_1' }
    // @ts-expect-error misspelt
    await expect(fieldseal.encrypt('Client.snn', '1', firm)).rejects.toBeInstanceOf(UnknownFieldError)
    // @ts-expect-error not encrypted
    await expect(fieldseal.encrypt('Client.id', '1', firm)).rejects.toBeInstanceOf(UnknownFieldError)
    // @ts-expect-error an index, not a field
    await expect(fieldseal.decrypt('Client.ssnIndex', '1', firm)).rejects.toBeInstanceOf(UnknownFieldError)
    // @ts-expect-error a field, not an index
    await expect(fieldseal.tag('Client.ssn', '1', firm)).rejects.toBeInstanceOf(UnknownFieldError)
    // @ts-expect-error another model's field
    await expect(fieldseal.tagMany('User.ssnIndex', ['1'], firm)).rejects.toBeInstanceOf(UnknownFieldError)
  })

  it('make services of different policies different types', () => {
    expectTypeOf<Fieldseal<typeof small>>().not.toEqualTypeOf<Fieldseal<EncryptionPolicy>>()
    expectTypeOf<Parameters<Fieldseal<typeof small>['encrypt']>[0]>().toEqualTypeOf<'Client.ssn' | 'Note.body'>()
  })
})
