import type { KmsPermissions, PermissionPolicy } from '../kms.js'
import { type AwsKek, isMultiRegion } from './kek-uri.js'

export const AWS_PERMISSIONS: KmsPermissions = {
  generateDataKey: ['kms:GenerateDataKey'],
  unwrap: ['kms:Decrypt'],
  rewrap: ['kms:ReEncryptFrom', 'kms:ReEncryptTo'],
  describe: ['kms:DescribeKey'],
}

export interface PolicySource {
  readonly keks: readonly AwsKek[]
  /** Name of the application, which every wrapped key is bound to. */
  readonly app: string
  /** Region of KEKs that do not say theirs. */
  readonly region: string | undefined
  /** Region whose replicas of multi-Region keys are called, if it is not each key's own. */
  readonly replicaRegion: string | undefined
}

/**
 * The IAM policy for a process that uses these KEKs. Keys may only be used for wrapped keys of this application; looking
 * at a key has no encryption context, so it stands apart. IAM knows no ARNs of aliases as resources: an alias is named
 * by the condition key `kms:RequestAlias`.
 */
export function awsPolicy(source: PolicySource): PermissionPolicy {
  const keys = source.keks.filter(({ resource }) => resource.startsWith('key/'))
  const aliases = source.keks.filter(({ resource }) => resource.startsWith('alias/'))
  const statements = [
    ...statementsFor('', resourcesOf(keys, source), {}, source),
    ...statementsFor('ByAlias', resourcesOf(aliases, source), { 'kms:RequestAlias': aliasNames(aliases) }, source),
  ]
  return { kind: 'IAM policy', text: JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2) }
}

type Conditions = { readonly [key: string]: string | readonly string[] }

function statementsFor(suffix: string, resources: readonly string[], conditions: Conditions, source: PolicySource) {
  if (resources.length === 0) return []
  const { generateDataKey, unwrap, rewrap, describe } = AWS_PERMISSIONS
  const spansRegions = new Set(source.keks.map(({ arn }) => arn?.region ?? source.region)).size > 1
  return [
    {
      Sid: `FieldsealDataKeys${suffix}`,
      Effect: 'Allow',
      // A key moves to another region through this process: it is decrypted in one and encrypted in the other.
      Action: [...generateDataKey, ...unwrap, ...rewrap, ...(spansRegions ? ['kms:Encrypt'] : [])],
      Resource: resources,
      Condition: { StringEquals: { 'kms:EncryptionContext:app': source.app, ...conditions } },
    },
    {
      Sid: `FieldsealDescribe${suffix}`,
      Effect: 'Allow',
      Action: describe,
      Resource: resources,
      ...(Object.keys(conditions).length > 0 && { Condition: { StringEquals: conditions } }),
    },
  ]
}

function resourcesOf(keks: readonly AwsKek[], { region = '*', replicaRegion }: PolicySource): string[] {
  const resources = keks.flatMap((kek) => {
    const { partition, account, region: own } = kek.arn ?? { partition: 'aws', account: '*', region }
    const key = kek.resource.startsWith('alias/') ? 'key/*' : kek.resource
    const regions = replicaRegion !== undefined && isMultiRegion(kek) ? [own, replicaRegion] : [own]
    return regions.map((each) => `arn:${partition}:kms:${each}:${account}:${key}`)
  })
  return [...new Set(resources)]
}

function aliasNames(keks: readonly AwsKek[]): string[] {
  return [...new Set(keks.map(({ resource }) => resource))]
}
