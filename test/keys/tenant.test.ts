import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { InvalidTenantError } from '../../src/errors/index.js'
import { requireTenant, tenantRefOf } from '../../src/keys/index.js'

describe('a tenant id', () => {
  it.each([[''], ['firm_1'], [' '], ['é'.repeat(128)], ['🙂'.repeat(64)], ['\u007f'], ['\u0020']])(
    'may be %j',
    (tenant) => {
      expect(requireTenant(tenant)).toBe(tenant)
    },
  )

  it.each([
    ['longer than 256 bytes', 'a'.repeat(257)],
    ['longer than 256 bytes, though not than 256 characters', 'é'.repeat(129)],
    ['with a NUL', 'firm\u0000'],
    ['with a line end', 'firm\n'],
    ['with the last control character', '\u001f'],
    ['with a lone surrogate', 'firm\ud800'],
  ])('%s is refused', (_, tenant) => {
    expect(() => requireTenant(tenant)).toThrow(InvalidTenantError)
  })

  it.each([[undefined], [null], [1], [{}]])('that is %s is refused', (tenant: unknown) => {
    expect(() => requireTenant(tenant as string)).toThrow(InvalidTenantError)
  })

  it('is looked up by the hex SHA-256 of its bytes, so that no collation can fold two into one', () => {
    const expected = createHash('sha256').update('Firm', 'utf8').digest('hex')
    expect(tenantRefOf('Firm')).toBe(expected)
    expect(tenantRefOf('firm')).not.toBe(expected)
  })
})
