import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { InvalidKeyRowError } from '../../src/errors/index.js'
import { fileKeyStore } from '../../src/keys/file-store.js'
import { tenantRefOf } from '../../src/keys/index.js'
import { createFieldseal } from '../../src/service/index.js'
import { thrownBy } from '../support/core/expect-error.js'
import { makeRow } from '../support/core/key-rows.js'
import { describeKeyStore } from '../support/core/key-store-conformance.js'
import { policy } from '../support/core/policy.js'
import { spyKms } from '../support/core/spy-kms.js'
import { temporaryFolder } from '../support/core/temporary-folder.js'

describeKeyStore('the file store', async () => fileKeyStore(join(temporaryFolder(), 'keys')))

const tenantRef = tenantRefOf('firm_1')
const kms = spyKms()

/** A folder with one row, and the file that holds it. */
async function withOneRow() {
  const directory = join(temporaryFolder(), 'deep', 'keys')
  const store = fileKeyStore(directory)
  const row = await makeRow(kms)
  await store.insert(row)
  const file = join(directory, tenantRef, '00000001.json')
  return { directory, store, row, file, text: readFileSync(file, 'utf8') }
}

describe('the file store', () => {
  it('makes its folder and files for their owner alone', async () => {
    const { directory, file } = await withOneRow()
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(join(directory, tenantRef)).mode & 0o777).toBe(0o700)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('shows one store to all who open the folder', async () => {
    const { directory, row } = await withOneRow()
    const other = fileKeyStore(directory)
    expect((await other.find([row.keyId])).map(({ keyId }) => keyId)).toEqual([row.keyId])
    expect(await other.insert(await makeRow(kms))).toBe(false)
  })

  it('leaves no draft behind', async () => {
    const { directory, store } = await withOneRow()
    await Promise.all([2, 3, 4].map(async (version) => store.insert(await makeRow(kms, { version, state: 'pending' }))))
    const files = readdirSync(join(directory, tenantRef))
    expect(files).toEqual(['00000001.json', '00000002.json', '00000003.json', '00000004.json'])
  })

  it('is not disturbed by files that are not its own, nor by drafts of killed processes', async () => {
    const { directory, store, row } = await withOneRow()
    writeFileSync(join(directory, 'README'), 'hello')
    writeFileSync(join(directory, tenantRef, 'draft-x'), '{"state":')
    writeFileSync(join(directory, tenantRef, '2.json.bak'), '{"state":')
    expect((await store.load(tenantRef)).rows.map(({ keyId }) => keyId)).toEqual([row.keyId])
    expect(await store.find([row.keyId])).toHaveLength(1)
  })

  it('keeps nothing that opens a cell without the KMS: no key stands in its files', async () => {
    const { text } = await withOneRow()
    for (const { copy } of kms.generated) {
      for (const form of ['hex', 'base64', 'base64url'] as const) expect(text).not.toContain(copy.toString(form))
    }
  })

  it.each<[string, (text: string) => string]>([
    ['is empty', () => ''],
    ['was cut', (text) => text.slice(0, text.length / 2)],
    ['is no JSON', (text) => `x${text}`],
    ['holds null', () => 'null'],
    ['holds a list', () => '[]'],
    ['holds no rows', () => '{"state":"normal"}'],
    ['holds a row that is null', () => '{"state":"normal","rows":[null]}'],
    ['lacks the material', (text) => text.replace('"wrapped"', '"wrappd"')],
    ['lacks the key check value', (text) => text.replace('"kcv"', '"kvc"')],
  ])('whose file %s is a typed error naming the file, for whoever reads it', async (_, damage) => {
    const { store, file, text, row } = await withOneRow()
    writeFileSync(file, damage(text))
    const error = await thrownBy(InvalidKeyRowError, () => store.load(tenantRef))
    expect(error.file).toBe(file)
    expect(error.message).toContain(file)
    await thrownBy(InvalidKeyRowError, () => store.find([row.keyId]))
    await thrownBy(InvalidKeyRowError, async () => store.insert(await makeRow(kms, { version: 2 })))
  })

  it.each<[string, (text: string) => string]>([
    ['the state of the tenant', (text) => text.replace('"state": "normal"', '"state": "x"')],
    ['the state of the row', (text) => text.replace('"state": "active"', '"state": "x"')],
    ['the purpose', (text) => text.replace('"purpose": "data"', '"purpose": "dta"')],
    ['the tenant', (text) => text.replace('"tenant": "firm_1"', '"tenant": "firm_2"')],
    ['the version', (text) => text.replace('"version": 1', '"version": "1"')],
    ['the key id', (text) => text.replace(/"keyId": "[^"]+"/, '"keyId": 123456789012')],
    ['the context version', (text) => text.replace('"contextVersion": 1', '"contextVersion": "1"')],
  ])('with %s altered in its file is refused where the row is used', async (_, alter) => {
    const { directory, file, text } = await withOneRow()
    expect(alter(text)).not.toBe(text)
    writeFileSync(file, alter(text))
    const fieldseal = createFieldseal({ policy, kms, store: fileKeyStore(directory) })
    await thrownBy(InvalidKeyRowError, () => fieldseal.encrypt('Client.ssn', '1', { tenant: 'firm_1' }))
  })
})
