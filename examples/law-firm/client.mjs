import { PrismaLibSql } from '@prisma/adapter-libsql'
import { fieldseal } from 'fieldseal'
import { localKms } from 'fieldseal/kms/local'
import { databaseUrl } from './database.mjs'
import { PrismaClient } from './generated/client/index.js'
import { policy } from './generated/fieldseal/policy.js'

/**
 * The client the application works with: encrypts, decrypts, and keeps every query inside its tenant.
 * @param {{ database: string, keyFile: string }} files
 */
export function openClient({ database, keyFile }) {
  const kms = localKms({ keyFile })
  return openUnextendedClient(database).$extends(fieldseal({ policy, kms, cache: { scope: 'process' } }))
}

/** @typedef {ReturnType<typeof openClient>} Client */

/**
 * A client as it is without fieldseal; the demo shows what becomes of its writes.
 * @param {string} database
 */
export function openUnextendedClient(database) {
  return new PrismaClient({ adapter: new PrismaLibSql({ url: databaseUrl(database) }), errorFormat: 'minimal' })
}
