import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { createClient } from '@libsql/client'

/**
 * Opens a SQLite file behind Prisma's back, to see what is stored.
 * @param {string} file
 */
export function openDatabase(file) {
  return createClient({ url: databaseUrl(file) })
}

/** @param {string} file */
export function databaseUrl(file) {
  return pathToFileURL(file).href
}

/**
 * Makes the tables, and the triggers with which the database itself refuses plaintext in encrypted columns.
 * @param {string} file
 */
export async function createDatabase(file) {
  const database = openDatabase(file)
  try {
    await database.execute('PRAGMA journal_mode = WAL')
    for (const script of ['schema.sql', 'generated/fieldseal/constraints.sql']) {
      await database.executeMultiple(readFileSync(new URL(script, import.meta.url), 'utf8'))
    }
  } finally {
    database.close()
  }
}
