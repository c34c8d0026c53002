import type { EncryptionPolicy } from '../policy/index.js'
import type { SourceExtension } from './client-module.js'
import { literalType } from './literal-type.js'
import type { ModuleSystem } from './module-system.js'

/** Files to write, by name. */
export type FileTexts = ReadonlyMap<string, string>

/** Language and form of a policy module. */
export interface ModuleForm {
  readonly language: 'ts' | 'js'
  /** Of the TypeScript file. */
  readonly extension: SourceExtension
  readonly system: ModuleSystem
}

/** Every file name a policy module can have. */
export const POLICY_FILES = ['policy.ts', 'policy.mts', 'policy.cts', 'policy.js', 'policy.d.ts'] as const
export type PolicyFile = (typeof POLICY_FILES)[number]

/** First line of every file of a policy module: what tells them from files of the user. */
export const POLICY_HEADER = '// Written by fieldseal-generator; prisma generate overwrites it.'

const START = `${POLICY_HEADER}\n/* eslint-disable */\n`

/** Whether values need a class of the client: decimals come back in the client's own. */
export function needsDecimal(policy: EncryptionPolicy): boolean {
  return Object.values(policy.models).some((model) =>
    Object.values(model.fields).some((field) => field.kind === 'scalar' && field.encrypted?.type === 'Decimal'),
  )
}

/** Names of the files that a module of this form consists of. */
export function policyFilesOf({
  language,
  extension,
}: Pick<ModuleForm, 'language' | 'extension'>): readonly PolicyFile[] {
  return language === 'ts' ? [`policy${extension}`] : ['policy.js', 'policy.d.ts']
}

/**
 * The policy as a module: the constant `policy`, and its type by the name of `Policy`, so that declarations of an
 * application name it instead of spelling it out.
 * @param client what to import the client by, if the policy needs a class of it.
 */
export function renderPolicy(policy: EncryptionPolicy, form: ModuleForm, client: string | undefined): FileTexts {
  const module = { data: JSON.stringify(policy, null, 2), client: client === undefined ? undefined : quote(client) }
  if (form.language === 'ts') return new Map([[`policy${form.extension}`, typescript(module, form)]])
  return new Map([
    ['policy.js', javascript(module, form.system)],
    ['policy.d.ts', declaration(policy, module.client)],
  ])
}

/**
 * A file that throws `message` when it is imported, instead of a policy that would not fit the schema. Its type fits
 * everywhere, so that the error is the one thing to be seen.
 */
export function renderFailure(file: PolicyFile, system: ModuleSystem, message: string): string {
  if (file === 'policy.d.ts') return `${START}export type Policy = never\nexport declare const policy: never\n`
  const refuse = [
    `function refuse()${file === 'policy.js' ? '' : ': never'} {`,
    `  throw Object.assign(new Error(${quote(message)}), { name: 'PolicyError', code: 'INVALID_POLICY' })`,
    '}',
    '',
  ].join('\n')
  if (file !== 'policy.js')
    return `${START}${refuse}export type Policy = never\nexport const policy: never = refuse()\n`
  return `${START}${refuse}${system === 'esm' ? 'export const policy =' : 'exports.policy ='} refuse()\n`
}

interface ModuleContent {
  readonly data: string
  readonly client: string | undefined
}

function typescript({ data, client }: ModuleContent, { extension, system }: ModuleForm): string {
  // A CommonJS file may name a type of an ES module only so; TypeScript takes it since 5.3.
  const asModule = extension === '.cts' || (extension === '.ts' && system === 'cjs')
  const attributes = asModule ? ` with { 'resolution-mode': 'import' }` : ''
  return [
    START,
    `import type { EncryptionPolicy } from 'fieldseal'${attributes}\n`,
    client === undefined ? '' : `import { Prisma } from ${client}\n`,
    `\nconst constant = ${withRuntime(data, client)} as const satisfies EncryptionPolicy\n`,
    '\ntype Constant = typeof constant\n',
    'export interface Policy extends Constant {}\n',
    'export const policy: Policy = constant\n',
  ].join('')
}

function javascript({ data, client }: ModuleContent, system: ModuleSystem): string {
  const content = withRuntime(data, client)
  if (system === 'esm') {
    return `${START}${client === undefined ? '' : `import { Prisma } from ${client}\n`}\nexport const policy = ${content}\n`
  }
  const required = client === undefined ? '' : `const { Prisma } = require(${client})\n`
  return `${START}'use strict'\n${required}\nexports.policy = ${content}\n`
}

function declaration(policy: EncryptionPolicy, client: string | undefined): string {
  const type = literalType(policy)
  const constant = '\nexport declare const policy: Policy\n'
  if (client === undefined) return `${START}\nexport interface Policy ${type}\n${constant}`
  const runtime = '  readonly "runtime": { readonly "Decimal": typeof Prisma.Decimal }\n'
  return `${START}import type { Prisma } from ${client}\n\nexport interface Policy ${withLast(type, runtime)}\n${constant}`
}

function withRuntime(data: string, client: string | undefined): string {
  return client === undefined ? data : withLast(data, '  "runtime": { "Decimal": Prisma.Decimal }\n', ',')
}

/** The text of an object with one more line before its closing brace. */
function withLast(object: string, line: string, separator = ''): string {
  return object.replace(/\n\}$/, () => `${separator}\n${line}}`)
}

function quote(text: string): string {
  return JSON.stringify(text)
}
