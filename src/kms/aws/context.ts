import type { EncryptionContext } from '../kms.js'

/**
 * The context as AWS KMS takes it: its pairs as they are. AWS refuses empty values, so a pair with an empty value is
 * left out: for the application's own tenant, `""`, there is no pair `tenant`. Injective, as the names are fixed and a
 * name that is absent stands for the empty value alone.
 */
export function awsEncryptionContext({ app, tenant, purpose, keyId, v }: EncryptionContext): Record<string, string> {
  const pairs = Object.entries({ app, tenant, purpose, keyId, v })
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''))
}
