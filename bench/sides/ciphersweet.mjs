import { createRequire } from 'node:module'

const { CipherSweet, EncryptedField, FIPSCrypto, StringProvider } = createRequire(import.meta.url)('ciphersweet-js')

/**
 * ciphersweet-js with the backend whose ciphers are OpenSSL's, as fieldseal's are: AES-256-CTR and HMAC-SHA-384 under
 * keys derived for every message. It takes one value at a time.
 */
export async function ciphersweetSide() {
  const engine = new CipherSweet(new StringProvider('01'.repeat(32)), new FIPSCrypto())
  const field = await EncryptedField.build(engine, 'person', 'name')
  return {
    async seal(values) {
      const cells = []
      for (const value of values) cells.push(await field.encryptValue(value))
      return cells
    },
    async open(cells) {
      const values = []
      for (const cell of cells) values.push((await field.decryptValue(cell)).toString())
      return values
    },
  }
}
