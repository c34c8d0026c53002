import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { type ClientCopy, copyClient } from '../generator/typed-client/typed-copy.js'
import { REPOSITORY } from '../support/prisma-versions.js'
import type { SchemaOptions } from '../support/schema.js'
import { cellsProgram, inputsIn } from './cells.js'

const PROGRAMS = path.join(import.meta.dirname, 'programs')

/** A typed client with the programs beside it that use it. */
export async function writePrograms(options: SchemaOptions): Promise<ClientCopy> {
  const copy = await copyClient(options)
  await writeFile(path.join(copy.directory, 'package.json'), '{ "type": "module" }\n')
  await copy.type()
  const client = options.generator === 'prisma-client' ? './client/client.js' : './client/index.js'
  const names = await readdir(PROGRAMS)
  for (const name of names.filter((one) => options.generator === 'prisma-client-js' || one !== 'validator.ts.txt')) {
    const text = await readFile(path.join(PROGRAMS, name), 'utf8')
    await writeFile(path.join(copy.directory, name.replace(/\.txt$/, '')), text.replace("'CLIENT'", `'${client}'`))
  }
  const texts = [...(await copy.texts())].filter(([file]) => /\.ts$/.test(file)).map(([, text]) => text)
  await writeFile(
    path.join(copy.directory, 'cells.ts'),
    cellsProgram(texts.flatMap(inputsIn), options.generator === 'prisma-client-js'),
  )
  await mkdir(path.join(copy.directory, 'node_modules'))
  await symlink(REPOSITORY, path.join(copy.directory, 'node_modules/fieldseal'))
  return copy
}

/** The packages that compilers are installed as: 5.1, 5.4, 5.9, and 7, which is native. */
const COMPILERS = {
  'oldest for 6': 'typescript-5.1',
  'oldest for 7': 'typescript-5.4',
  latest: 'typescript',
  native: 'typescript-7',
} as const

export type Compiler = keyof typeof COMPILERS

const BASE = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  skipLibCheck: true,
  types: ['node'],
}

/** A project without the program of every cell. */
export const PROGRAMS_ALONE = { exclude: ['cells.ts'] }

/**
 * What a compiler has against the programs; empty if nothing.
 * @param settings of the project beside its compiler options.
 */
export async function compile(
  { directory }: ClientCopy,
  compiler: Compiler,
  compilerOptions: { readonly [option: string]: unknown } = { noEmit: true },
  settings: object = {},
): Promise<string> {
  const project = path.join(directory, `tsconfig.${COMPILERS[compiler]}.json`)
  const include = ['*.ts', 'client/**/*.ts']
  await writeFile(project, JSON.stringify({ compilerOptions: { ...BASE, ...compilerOptions }, include, ...settings }))
  const manifest = createRequire(import.meta.url).resolve(`${COMPILERS[compiler]}/package.json`)
  const tsc = path.join(path.dirname(manifest), 'bin/tsc')
  return promisify(execFile)(process.execPath, [tsc, '-p', project], { maxBuffer: 1 << 24 }).then(
    () => '',
    (error: { stdout?: string }) => error.stdout ?? String(error),
  )
}
