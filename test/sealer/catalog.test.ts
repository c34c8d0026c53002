import { describe, expect, it } from 'vitest'
import { UnknownFieldError, UnsupportedModeError } from '../../src/errors/index.js'
import type { FieldMode } from '../../src/policy/policy.js'
import { createCatalog } from '../../src/sealer/index.js'
import { encrypted, index, model, part, plain, policy, policyOf } from '../support/core/policy.js'

describe('a catalog', () => {
  it('finds every encrypted field and blind index by model and name, and nothing else', () => {
    const catalog = createCatalog(policy)
    expect(catalog.field('Client.ssn')).toMatchObject({ fieldId: 'Client.ssn', column: 'String', type: 'String' })
    expect(catalog.index('Client.nameBirthIndex').parts.map(({ fieldId }) => fieldId)).toEqual([
      'Client.name',
      'Client.birth',
    ])
    expect(catalog.findField('Client', 'id')).toBeUndefined()
    expect(catalog.findIndex('Client', 'ssn')).toBeUndefined()
    for (const name of ['Client.id', 'Client.ssnIndex', 'Client', 'client.ssn', 'toString', '']) {
      expect(() => catalog.field(name)).toThrow(UnknownFieldError)
    }
    expect(() => catalog.index('Client.ssn')).toThrow(UnknownFieldError)
  })

  it('keeps the identity that the annotation gives, not the name', () => {
    const renamed = policyOf({
      Client: model('Client', { kind: 'none' }, { taxId: encrypted('Client', 'taxId', { fieldId: 'Client.ssn' }) }),
    })
    expect(createCatalog(renamed).field('Client.taxId').fieldId).toBe('Client.ssn')
  })

  it.each<FieldMode>(['mixed', 'shadow', 'decrypting'])('refuses a policy with a field in mode %s', (mode) => {
    const unserved = policyOf({
      Client: model('Client', { kind: 'none' }, { ssn: encrypted('Client', 'ssn', { mode }) }),
    })
    expect(() => createCatalog(unserved)).toThrow(UnsupportedModeError)
  })

  it('refuses an index over a field that is not encrypted', () => {
    const broken = policyOf({
      Client: model(
        'Client',
        { kind: 'none' },
        { ssn: plain('ssn'), ssnIndex: index('Client', 'ssnIndex', [part('ssn')]) },
      ),
    })
    expect(() => createCatalog(broken)).toThrow(UnknownFieldError)
  })
})
