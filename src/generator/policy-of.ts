import { type AnnotationError, PolicyError } from '../errors/index.js'
import {
  compilePolicy,
  digestOfSource,
  droppedAnnotations,
  type EncryptionPolicy,
  type SchemaDescription,
  type SourceFile,
} from '../policy/index.js'
import { describeSchema } from './dmmf.js'
import { unseenAnnotations } from './unseen-annotations.js'

/** A schema as Prisma hands it to a generator. */
export interface PolicyRequest {
  /** Prisma's description of the schema (DMMF). */
  readonly dmmf: unknown
  /** The schema's whole text. */
  readonly datamodel: string
  /** The schema's files, for the places that errors name; the text itself if absent. */
  readonly files?: readonly SourceFile[]
}

/** A policy, or why there is none. */
export type PolicyReading =
  | { readonly policy: EncryptionPolicy; readonly problems: readonly [] }
  | { readonly policy: undefined; readonly problems: readonly AnnotationError[] }

/**
 * The policy of a schema.
 * @throws PolicyError listing everything that stands against its annotations.
 * @throws GenerateError if the DMMF does not have the form that Prisma gives it.
 */
export function policyOf(request: PolicyRequest): EncryptionPolicy {
  const { policy, problems } = readPolicy(request)
  if (policy === undefined) throw new PolicyError(problems)
  return policy
}

/** The policy of a schema, with the problems as a value. */
export function readPolicy({ dmmf, datamodel, files }: PolicyRequest): PolicyReading {
  const whole = [{ path: 'schema.prisma', text: datamodel }]
  const sources = files ?? whole
  const schema = describeSchema({ dmmf, datamodel, files: sources })
  const compiled = compile(schema, digestOfSource(whole))
  const problems = [...droppedAnnotations(sources), ...unseenAnnotations(sources, schema), ...compiled.problems]
  if (compiled.policy === undefined || problems.length > 0)
    return { policy: undefined, problems: problems.sort(byPlace) }
  return { policy: compiled.policy, problems: [] }
}

function compile(schema: SchemaDescription, digest: string): PolicyReading {
  try {
    return { policy: compilePolicy(schema, digest), problems: [] }
  } catch (error) {
    if (error instanceof PolicyError) return { policy: undefined, problems: error.problems }
    throw error
  }
}

function byPlace(a: AnnotationError, b: AnnotationError): number {
  if (a.file !== b.file) return (a.file ?? '') < (b.file ?? '') ? -1 : 1
  return (a.line ?? 0) - (b.line ?? 0)
}
