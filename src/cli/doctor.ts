import { readFile } from 'node:fs/promises'
import { KmsConfigurationError, UnknownKekError } from '../errors/index.js'
import { type KmsList, kmsFromData, kmsFromEnvironment, type Variables } from '../kms/config/index.js'
import type { InspectableKms } from '../kms/kms.js'
import { type DoctorReport, doctorText, type ProviderExamination } from './doctor-report.js'
import { examineKek, type KekExamination } from './examine-kek.js'

export interface DoctorOptions {
  /** JSON file with what `kmsFromConfig` takes; the environment if not given. */
  readonly config?: string
  /** KEKs of tenants to examine besides the default ones. */
  readonly kek?: readonly string[]
  /** Name of the application, as `fieldseal({ app })` has it. */
  readonly app?: string
  readonly json?: boolean
}

export interface DoctorResult {
  readonly text: string
  readonly exitCode: 0 | 1
}

export const DOCTOR_HELP = `
It reads FIELDSEAL_KMS and the variables of the providers, or a JSON file: [{ "kek": "aws-kms://alias/app" }].
A data key is made in each KMS and thrown away; nothing is stored, and nothing secret is printed.
Exit code 0: everything works. 1: something does not. 2: the configuration is wrong.`

/**
 * Calls each configured KMS and tells what works, what is missing, and which policy the configuration needs.
 * @throws KmsConfigurationError, UnknownKekError if there is nothing to call.
 */
export async function doctor(options: DoctorOptions, environment: Variables): Promise<DoctorResult> {
  const { app = 'fieldseal', kek: further = [], json = false } = options
  const providers =
    options.config === undefined
      ? await kmsFromEnvironment(environment, { app })
      : await kmsFromData(await readConfig(options.config), app)
  try {
    const report = await examine(providers, further, app)
    return { text: json ? JSON.stringify(report) : doctorText(report), exitCode: report.ok ? 0 : 1 }
  } finally {
    for (const kms of providers) kms.dispose?.()
  }
}

async function examine(providers: KmsList, further: readonly string[], app: string): Promise<DoctorReport> {
  const keksOf = new Map(providers.map((kms) => [kms, new Set([kms.defaultKek])]))
  for (const kekUri of further) {
    const kms = providers.find((candidate) => candidate.serves(kekUri))
    if (kms === undefined) {
      throw new UnknownKekError(
        providers.map(({ defaultKek }) => defaultKek),
        { kekUri },
      )
    }
    keksOf.get(kms)?.add(kekUri)
  }
  const examined: ProviderExamination[] = []
  for (const [kms, keks] of keksOf) examined.push(await examineProvider(kms, [...keks], app))
  const checks = examined.flatMap(({ keks }) => keks.flatMap((each) => each.checks))
  return { ok: checks.every(({ outcome }) => outcome === 'passed'), providers: examined }
}

async function examineProvider(
  kms: InspectableKms,
  kekUris: readonly string[],
  app: string,
): Promise<ProviderExamination> {
  const keks: KekExamination[] = []
  for (const kekUri of kekUris) keks.push(await examineKek(kms, kekUri, app))
  return { keks, policy: kms.policyFor(kekUris) }
}

async function readConfig(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    throw new KmsConfigurationError(`The configuration file ${file} cannot be read.`)
  }
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the file, which may hold secrets.
    throw new KmsConfigurationError(`The configuration file ${file} is not JSON.`)
  }
}
