import { arrayAt, booleanAt, type JsonObject, objectAt, optionalTextAt, textAt } from './json.js'

/** What Prisma sends with `generate`, as far as it is used here. */
export interface GeneratorRequest {
  /** Our own generator block. */
  readonly generator: GeneratorBlock
  readonly otherGenerators: readonly GeneratorBlock[]
  /** The schema's file, or the folder of its files. */
  readonly schemaPath: string
  /** The whole schema's text: of several files, joined; formatted. */
  readonly datamodel: string
  readonly dmmf: unknown
}

/** One `generator` block of the schema. */
export interface GeneratorBlock {
  readonly name: string
  readonly provider: string
  /** Absolute; null if Prisma has no folder for it. */
  readonly output: string | null
  readonly isCustomOutput: boolean
  /** Its settings other than provider and output. */
  readonly config: JsonObject
}

/** @throws GenerateError if the message does not have the form that Prisma 6.16 to 7 gives it. */
export function readRequest(params: unknown): GeneratorRequest {
  const request = objectAt(params, 'the parameters of generate')
  return {
    generator: readBlock(request.generator),
    otherGenerators: arrayAt(request.otherGenerators, 'otherGenerators').map(readBlock),
    schemaPath: textAt(request.schemaPath, 'schemaPath'),
    datamodel: textAt(request.datamodel, 'datamodel'),
    dmmf: request.dmmf,
  }
}

/**
 * The folder to write to, read before anything else: whatever is wrong, a policy that lies there must be replaced.
 * @throws GenerateError if Prisma names none.
 */
export function outputOf(params: unknown): string {
  const { output } = readBlock(objectAt(params, 'the parameters of generate').generator)
  return textAt(output, 'the output folder')
}

function readBlock(value: unknown): GeneratorBlock {
  const block = objectAt(value, 'a generator')
  const name = textAt(block.name, 'the name of a generator')
  const output = block.output ?? null
  return {
    name,
    provider:
      optionalTextAt(objectAt(block.provider, `the provider of ${name}`).value, `the provider of ${name}`) ?? '',
    output:
      output === null ? null : optionalTextAt(objectAt(output, `the output of ${name}`).value, `the output of ${name}`),
    isCustomOutput: booleanAt(block.isCustomOutput ?? false, `isCustomOutput of ${name}`),
    config: objectAt(block.config ?? {}, `the settings of ${name}`),
  }
}
