import path from 'node:path'
import { FieldsealError } from '../errors/index.js'
import { digestOfSource, type EncryptionPolicy, positionsOf, readSource, type SourceFile } from '../policy/index.js'
import type { SchemaPosition } from '../policy/schema.js'
import { chooseClient, runsBefore } from './client-choice.js'
import type { ConfigurationBlock } from './configuration.js'
import { definitionCollisions, indexDefinitions } from './definition-ids.js'
import type { GeneratorRequest } from './generator-request.js'
import { libraryModelProblems } from './library-models.js'
import { type LockUpdate, updateLock } from './lock-file.js'
import { type GeneratorOptions, readOptions } from './options.js'
import { readPolicy } from './policy-of.js'
import { readSchemaFiles, schemaFolderOf } from './schema-files.js'

/** All that a schema says to the generator, and all that stands against it. */
export interface Examination {
  readonly options: GeneratorOptions
  /** The client the policy goes with, if the schema says which. */
  readonly client: ConfigurationBlock | undefined
  readonly policy: EncryptionPolicy | undefined
  readonly lock: LockUpdate | undefined
  /** The file, absolute, that declares a field. */
  readonly schemaFileOf: (model: string, field: string) => string
  /** One message each, with file and line where they are known. */
  readonly problems: readonly string[]
}

/**
 * Checks everything that can be checked without writing. Paths in problems are relative to `base`.
 * @throws GenerateError if Prisma's description of the schema cannot be read.
 */
export async function examine(request: GeneratorRequest, base: string): Promise<Examination> {
  const { dmmf, datamodel, generator, schemaPath } = request
  const files = await filesOf(request, base)
  const problems: string[] = []
  const block = readSource(files).blocks.find(({ kind, name }) => kind === 'generator' && name === generator.name)
  const reportAtBlock = (problem: string): void => {
    problems.push(located(block?.position, problem))
  }

  const options = readOptions(generator, reportAtBlock)
  const client = chooseClient(request, options.client, reportAtBlock)
  if (client !== undefined && runsBefore(client, request)) {
    reportAtBlock(
      `the generator ${generator.name} stands before ${client.name}, so Prisma runs it before the client is there. Move its block behind that of ${client.name}.`,
    )
  }
  const positions = positionsOf(files)
  const schemaFileOf = (model: string, field: string): string => {
    const { file } = positions.get(`${model}.${field}`) ?? {}
    return file === undefined ? schemaPath : path.resolve(base, file)
  }
  const reading = readPolicy({ dmmf, datamodel, files })
  problems.push(...reading.problems.map(({ message }) => message))
  if (reading.policy === undefined) {
    return { options, client, policy: undefined, lock: undefined, schemaFileOf, problems }
  }

  const { policy } = reading
  problems.push(...definitionCollisions(indexDefinitions(policy)).map(({ message }) => message))
  if (options.keys === 'schema') {
    problems.push(...libraryModelProblems(policy).map(({ model, message }) => located(positions.get(model), message)))
  }
  const lock = await readingErrors(problems, async () => updateLock(await schemaFolderOf(schemaPath), policy, base))
  problems.push(...(lock?.problems ?? []))
  return { options, client, policy, lock, schemaFileOf, problems }
}

/**
 * The files on disk, unless they say something else by now than what Prisma has read (an editor saved meanwhile): then
 * the text Prisma has read, whose lines are not those of the files.
 */
async function filesOf({ schemaPath, datamodel }: GeneratorRequest, base: string): Promise<readonly SourceFile[]> {
  const read = [{ path: 'schema.prisma', text: datamodel }]
  const files = await readSchemaFiles(schemaPath, base)
  return digestOfSource(files) === digestOfSource(read) ? files : read
}

async function readingErrors<T>(problems: string[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error
    problems.push(error.message)
    return undefined
  }
}

function located(position: SchemaPosition | undefined, problem: string): string {
  return position === undefined ? problem : `${position.file}:${position.line}: ${problem}`
}
