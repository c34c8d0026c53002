import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { type ClientModule, clientFolder, clientLanguage, findClient } from './client-module.js'
import { CONSTRAINTS_FILE, renderConstraints } from './constraints-file.js'
import { type Examination, examine } from './examine.js'
import { GenerateError } from './generate-error.js'
import { type GeneratorBlock, outputOf, readRequest } from './generator-request.js'
import { moduleSystemOf } from './module-system.js'
import { writeIfChanged, writtenPolicyFiles } from './output-files.js'
import { type ModuleForm, needsDecimal, policyFilesOf, renderFailure, renderPolicy } from './policy-module.js'
import { typeClient } from './typed-client/type-client.js'

/**
 * Writes the policy module, `constraints.sql` and `fieldseal.lock` for what Prisma sends with `generate`. If anything
 * stands against that, a policy written before is replaced by one that throws, so that no application runs with it.
 * @param base folder that paths in messages are relative to.
 * @throws GenerateError with everything that stands against the schema.
 */
export async function generate(params: unknown, base: string): Promise<void> {
  const output = outputOf(params)
  let form: ModuleForm | undefined
  try {
    const request = readRequest(params)
    const examination = await examine(request, base)
    const block = request.otherGenerators.find(({ name }) => name === examination.client?.name)
    const client = block === undefined ? undefined : await findClient(block, output)
    form = await formOf(examination, client, output)
    const problems = [...examination.problems, ...problemsWithClient(examination, block, client, form)]
    const { policy, lock } = examination
    if (policy === undefined || lock === undefined || problems.length > 0) throw new GenerateError(problems)

    const folder = block === undefined || !examination.options.types ? undefined : await clientFolder(block)
    if (folder !== undefined) await typeClient(policy, folder, examination.schemaFileOf)
    // The lock first: an identity is on record before anything can be sealed under it.
    if (lock.text !== undefined) await writeIfChanged(lock.file, lock.text)
    await writeIfChanged(path.join(output, CONSTRAINTS_FILE), renderConstraints(policy))
    const files = renderPolicy(policy, form, needsDecimal(policy) ? client?.specifier : undefined)
    for (const [name, text] of files) await writeIfChanged(path.join(output, name), text)
    await removeOthers(output, [...files.keys()])
  } catch (error) {
    await replacePolicy(output, form, error instanceof Error ? error.message : String(error))
    throw error
  }
}

/**
 * Everything that stands against a schema, without writing anything; also a lock that `generate` would extend, since
 * that belongs into version control.
 */
export async function check(params: unknown, base: string): Promise<readonly string[]> {
  const { problems, lock } = await examine(readRequest(params), base)
  if (lock?.text === undefined) return problems
  const stale = `${path.relative(base, lock.file)} does not have every identity of the schema. Run prisma generate and commit it.`
  return [...problems, stale]
}

async function formOf(
  { options, client }: Examination,
  module: ClientModule | undefined,
  output: string,
): Promise<ModuleForm> {
  const language = options.format ?? (client === undefined ? undefined : clientLanguage(client)) ?? 'ts'
  return { language, extension: module?.extension ?? '.ts', system: await moduleSystemOf(output) }
}

function problemsWithClient(
  { client, policy }: Examination,
  block: GeneratorBlock | undefined,
  module: ClientModule | undefined,
  form: ModuleForm,
): readonly string[] {
  if (client === undefined) return []
  if (block === undefined) {
    return [
      `--generator leaves out ${client.name}, so the client would not fit the policy. Run prisma generate without it, or name both.`,
    ]
  }
  if (module === undefined) {
    return [
      `the client of the generator ${client.name} is not there${block.output === null ? '' : `, in ${block.output}`}. ` +
        `Move the block of this generator behind that of ${client.name}, and generate both.`,
    ]
  }
  if (form.language === 'js' && clientLanguage(client) === 'ts' && policy !== undefined && needsDecimal(policy)) {
    return [
      `format = "js" does not go with the TypeScript client of ${client.name}, since a Decimal field needs its Prisma.Decimal. Remove format from the block of this generator.`,
    ]
  }
  return []
}

/** A policy in another format, from before a setting was changed, would be a stale one. */
async function removeOthers(output: string, kept: readonly string[]): Promise<void> {
  for (const name of await writtenPolicyFiles(output)) {
    if (!kept.includes(name)) await rm(path.join(output, name))
  }
}

async function replacePolicy(output: string, form: ModuleForm | undefined, message: string): Promise<void> {
  await mkdir(output, { recursive: true })
  const names = new Set([...(await writtenPolicyFiles(output)), ...(form === undefined ? [] : policyFilesOf(form))])
  const system = await moduleSystemOf(output)
  for (const name of names) await writeIfChanged(path.join(output, name), renderFailure(name, system, message))
}
