/** One provider as plain data: its default KEK, whose scheme says which provider it is, and its options. */
export type ProviderConfig = AwsKmsConfig | GcpKmsConfig | AzureKmsConfig | VaultKmsConfig | LocalKmsConfig

/** AWS KMS. Credentials come from the SDK's own chain. */
export interface AwsKmsConfig {
  readonly kek: `aws-kms://${string}`
  /** Region of KEKs that are not named by ARN. Default: what the SDK finds. */
  readonly region?: string
  /** URL to call in place of each region's own. */
  readonly endpoint?: string
  /** Calls multi-Region keys by their replica in this region. */
  readonly replicaRegion?: string
  /** Account ids whose KEKs it serves; needed where several AWS providers stand side by side. Default: all. */
  readonly accounts?: readonly string[]
}

/** Google Cloud KMS. Credentials are the application's default ones. */
export interface GcpKmsConfig {
  readonly kek: `gcp-kms://projects/${string}`
  /** Projects whose KEKs it serves; needed where several Google providers stand side by side. Default: all. */
  readonly projects?: readonly string[]
  /** File of credentials, instead of the default ones. */
  readonly credentialsFile?: string
  /** Host to call in place of `cloudkms.googleapis.com`. */
  readonly endpoint?: string
}

/** Azure Key Vault or Managed HSM. Signs in by `DefaultAzureCredential` of `@azure/identity`, to be installed besides. */
export interface AzureKmsConfig {
  readonly kek: `azure-kv://${string}`
  /** EC key that signs what RSA keys wrapped; only the symmetric keys of a Managed HSM do without. */
  readonly signingKey?: `azure-kv://${string}`
  /** Further signing keys whose signatures count. */
  readonly acceptSigningKeys?: readonly string[]
}

/** HashiCorp Vault or OpenBao. One of `token`, `tokenFile`, `roleId` and `kubernetesRole` says how to log in. */
export interface VaultKmsConfig {
  readonly kek: `vault-transit://${string}`
  readonly address: string
  /** Mounts whose KEKs it serves; needed where several Vault providers stand side by side. Default: all. */
  readonly mounts?: readonly string[]
  readonly namespace?: string
  readonly token?: string
  /** File that holds a token, read whenever the last one is no longer taken. */
  readonly tokenFile?: string
  readonly roleId?: string
  readonly secretId?: string
  /** File that holds the secret id, read at each log-in. */
  readonly secretIdFile?: string
  readonly kubernetesRole?: string
  /** Where the log-in method is mounted below `auth/`, if not under its own name. */
  readonly authMount?: string
  /** PEM file of the authorities to trust instead of Node's own. */
  readonly caFile?: string
  /** PEM files of a client certificate and its private key. */
  readonly certFile?: string
  readonly keyFile?: string
  /** Host name to expect in Vault's certificate. */
  readonly serverName?: string
  /** Allows `http:` to a host other than this one. */
  readonly allowPlainHttp?: boolean
}

/** A master key in this process. One of `key` and `keyFile`. */
export interface LocalKmsConfig {
  readonly kek: `local://${string}`
  readonly key?: string
  readonly keyFile?: string
  readonly allowInProduction?: boolean
}
