import { createRequire } from 'node:module'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import { PrismaPg } from '@prisma/adapter-pg'
import { fieldseal } from 'fieldseal'
import { localKms } from 'fieldseal/kms/local'
import { TENANT } from './models.mjs'

const require = createRequire(import.meta.url)
const { fieldEncryptionExtension } = require('prisma-field-encryption')

/** One for all processes, which read what each other wrote. */
const MASTER_KEY = '01'.repeat(32)
/** 32 bytes for the peer, in the form it takes. */
export const PEER_KEY = 'k1.aesgcm256.AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE='

/**
 * The sides of one database. Each has a client of its own; `run` runs work as that side's users would: fieldseal's in
 * its tenant's context, with the keys warm.
 */
export function openSides({ databases, dmmf }, name) {
  const { entry, url, policy } = databases[name]
  const { PrismaClient } = require(entry)
  const open = (options = {}) => new PrismaClient({ adapter: adapterOf(name, url), errorFormat: 'minimal', ...options })
  const bases = [open(), open(), open()]
  const sealed = sealing(bases[1], policy)
  const simply = (work) => work()
  return {
    plain: { client: bases[0], model: 'plain', wide: 'widePlain', run: simply },
    fieldseal: { client: sealed, model: 'person', wide: 'wide', run: (work) => inTenant(sealed, work) },
    pfe: { client: hashing(bases[2], dmmf), model: 'peer', run: simply },
    open,
    async end() {
      for (const base of bases) await base.$disconnect()
    },
  }
}

/** A client with fieldseal on it, as an application sets it up: keys shared by the process. */
export function sealing(client, policy, options = {}) {
  return client.$extends(
    fieldseal({ policy, kms: localKms({ key: MASTER_KEY }), cache: { scope: 'process' }, ...options }),
  )
}

/** A client with prisma-field-encryption on it. */
export function hashing(client, dmmf) {
  return client.$extends(fieldEncryptionExtension({ encryptionKey: PEER_KEY, dmmf }))
}

export function inTenant(client, work, tenant = TENANT) {
  return client.$fieldseal.withTenant(tenant, work)
}

/** A client whose queries end before they reach a database: `answer` gives the result. */
export function answering(client, answer) {
  return client.$extends({
    query: { $allModels: { $allOperations: ({ model, operation, args }) => answer({ model, operation, args }) } },
  })
}

function adapterOf(name, url) {
  return name === 'sqlite' ? new PrismaLibSql({ url }) : new PrismaPg({ connectionString: url, max: 4 })
}
