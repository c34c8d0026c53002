import type { InspectableKms } from '../kms.js'
import type { ProviderConfig } from './config.js'
import { type Entry, openAll, recipeOf } from './open.js'
import type { Variables } from './recipe.js'
import { settingsFromObject, settingsFromVariables } from './settings.js'
import { readKekList, unknownVariables } from './variables.js'

export type {
  AwsKmsConfig,
  AzureKmsConfig,
  GcpKmsConfig,
  LocalKmsConfig,
  ProviderConfig,
  VaultKmsConfig,
} from './config.js'
export type { Variables } from './recipe.js'
export { KMS_VARIABLE } from './variables.js'

/** What `fieldseal({ kms })` takes: the first one's default KEK is the default. */
export type KmsList = readonly [InspectableKms, ...InspectableKms[]]

export interface KmsConfigOptions {
  /** Name of the application, as `fieldseal({ app })` has it, for the policies that `doctor` prints. Default `fieldseal`. */
  readonly app?: string
}

const DEFAULT_APP = 'fieldseal'

/**
 * The providers that environment variables describe: `FIELDSEAL_KMS` lists the default KEK of each, with commas; their
 * options stand in the variables of docs/kms/README.md. SDKs are loaded here, only those that are needed.
 * @throws KmsConfigurationError whose `problems` tell everything that is wrong.
 * @example
 * // FIELDSEAL_KMS=aws-kms://alias/app AWS_REGION=eu-central-1
 * fieldseal({ policy, kms: await kmsFromEnvironment() })
 */
export async function kmsFromEnvironment(
  environment: Variables = process.env,
  { app = DEFAULT_APP }: KmsConfigOptions = {},
): Promise<KmsList> {
  const problems = [...unknownVariables(environment)]
  const entries: Entry[] = []
  for (const { kek, place } of readKekList(environment, problems)) {
    const recipe = recipeOf(kek)
    if ('problem' in recipe) problems.push(`${place} ${recipe.problem}`)
    else entries.push({ kek, recipe, settings: settingsFromVariables(recipe, environment).settings })
  }
  return openAll(entries, problems, app)
}

/**
 * The providers that plain data describes, such as a part of a configuration file. Variables are not looked at, except
 * by the SDKs, for credentials.
 * @throws KmsConfigurationError whose `problems` tell everything that is wrong.
 * @example
 * const kms = await kmsFromConfig([
 *   { kek: 'aws-kms://alias/app', region: 'eu-central-1' },
 *   { kek: 'vault-transit://transit/firm-1', address: 'https://vault.example.com:8200', kubernetesRole: 'app' },
 * ])
 */
export async function kmsFromConfig(
  config: ProviderConfig | readonly ProviderConfig[],
  { app = DEFAULT_APP }: KmsConfigOptions = {},
): Promise<KmsList> {
  return kmsFromData(config, app)
}

/**
 * The same for data that may be anything, as it comes out of a file.
 * @throws KmsConfigurationError
 */
export async function kmsFromData(data: unknown, app: string = DEFAULT_APP): Promise<KmsList> {
  const list: readonly unknown[] = Array.isArray(data) ? data : [data]
  const problems: string[] = []
  const entries: Entry[] = []
  if (list.length === 0) problems.push('The KMS configuration is an empty list. Give one provider at least.')
  for (const [at, each] of list.entries()) {
    const { kek }: { readonly kek?: unknown } = Object(each)
    if (typeof each !== 'object' || each === null || typeof kek !== 'string') {
      problems.push(`Provider ${at + 1} must be an object with a KEK: { "kek": "aws-kms://alias/app" }.`)
      continue
    }
    const recipe = recipeOf(kek)
    if ('problem' in recipe) {
      problems.push(`The KEK of provider ${at + 1} ${recipe.problem}`)
      continue
    }
    const read = settingsFromObject(recipe, kek, each)
    problems.push(...read.problems)
    entries.push({ kek, recipe, settings: read.settings })
  }
  return openAll(entries, problems, app)
}
