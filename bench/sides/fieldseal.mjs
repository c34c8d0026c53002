import { createFieldseal, memoryKeyStore } from 'fieldseal/core'
import { memoryKms } from 'fieldseal/testing'
import { TENANT } from '../models.mjs'

/** fieldseal without Prisma, as its public interface gives it. */
export function coreSide(policy, options = {}) {
  const service = createFieldseal({
    policy,
    kms: memoryKms(),
    store: memoryKeyStore(),
    cache: { scope: 'process' },
    ...options,
  })
  const within = (tenant) => ({ tenant })
  return {
    service,
    seal: (values, tenant = TENANT) => service.encryptMany('Person.name', values, within(tenant)),
    open: (cells, tenant = TENANT) => service.decryptMany('Person.name', cells, within(tenant)),
    tag: (values, tenant = TENANT) => service.tagMany('Person.emailIndex', values, within(tenant)),
  }
}

/** Bytes of the AAD of `Person.name` (docs/format): five parts, each behind its length. */
export function aadLength(tenant = TENANT) {
  const parts = ['fieldseal/1/cell', { length: 16 }, tenant, 'Person.name', '']
  return parts.reduce((sum, { length }) => sum + 4 + length, 0)
}
