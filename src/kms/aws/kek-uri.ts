/** A KEK of AWS KMS. */
export interface AwsKek {
  /** What the API takes as `KeyId`: key ARN, key id, alias ARN or `alias/…`. */
  readonly keyId: string
  /** Its last part, `key/…` or `alias/…`; a plain key id counts as `key/…`. */
  readonly resource: string
  /** The rest of an ARN; `undefined` for ids and aliases, which mean the caller's own account and region. */
  readonly arn?: AwsArn
}

export interface AwsArn {
  readonly partition: string
  readonly region: string
  readonly account: string
}

const SCHEME = 'aws-kms://'
const ARN = /^arn:(aws[a-z-]*):kms:([a-z]{2}(?:-[a-z0-9]+)+):([0-9]{12}):((?:key|alias)\/[A-Za-z0-9/_-]{1,250})$/
const ALIAS = /^alias\/[A-Za-z0-9/_-]{1,250}$/
const KEY = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/

/** The KEK that a URI `aws-kms://…` names; `undefined` if it names none. */
export function parseAwsKekUri(uri: string): AwsKek | undefined {
  return uri.startsWith(SCHEME) ? parseAwsKeyId(uri.slice(SCHEME.length)) : undefined
}

/** The KEK that the API would find under this `KeyId`. */
export function parseAwsKeyId(keyId: string): AwsKek | undefined {
  if (ALIAS.test(keyId)) return { keyId, resource: keyId }
  if (KEY.test(keyId)) return { keyId, resource: `key/${keyId}` }
  const [, partition, region, account, resource] = ARN.exec(keyId) ?? []
  if (partition === undefined || region === undefined || account === undefined || resource === undefined) {
    return undefined
  }
  return { keyId, resource, arn: { partition, region, account } }
}

/** Whether it is a multi-Region key: AWS gives only their ids the prefix `mrk-`. */
export function isMultiRegion({ resource }: AwsKek): boolean {
  return resource.startsWith('key/mrk-')
}

/** The replica of a multi-Region key in another region. */
export function replicaIn(region: string, { resource, arn }: AwsKek & { readonly arn: AwsArn }): AwsKek {
  return { keyId: `arn:${arn.partition}:kms:${region}:${arn.account}:${resource}`, resource, arn: { ...arn, region } }
}

/** Whether a reply, which names a key by its ARN, can be about this KEK. Which key an alias stands for only AWS knows. */
export function couldBe(kek: AwsKek, replied: string | undefined): boolean {
  const key = replied === undefined ? undefined : parseAwsKeyId(replied)
  if (key?.arn === undefined || !key.resource.startsWith('key/')) return false
  if (kek.resource.startsWith('alias/')) return true
  return kek.arn === undefined ? key.resource === kek.resource : key.keyId === kek.keyId
}
