import { UnsupportedOperationError } from '../errors/index.js'
import type { EncryptionPolicy } from '../policy/policy.js'
import {
  type BlindIndexName,
  type CallOptions,
  type EncryptedFieldName,
  type Fieldseal,
  type Runtime,
  serviceOf,
} from '../service/index.js'
import type { AnyClient } from './internals.js'
import type { SchemaShape } from './plan/shape.js'
import { type OpenOptions, openRows } from './raw-rows.js'
import { type Verification, type VerifyOptions, verify } from './verify.js'

/** What the extended client offers beside its models. */
export interface PrismaFieldseal<P extends EncryptionPolicy> extends Fieldseal<P> {
  /**
   * Opens rows of `$queryRaw` or TypedSQL: new objects, with values in place of cells. Columns are told by the name of
   * their field or of the column; others are named in `columns`. The caller says what the opened rows are, as with
   * `$queryRaw`.
   * @throws UnsupportedOperationError if there is a cell in a column of which nothing is known; what `decrypt` throws.
   * @example
   * const rows = await prisma.$queryRaw<object[]>`SELECT id, ssn AS number FROM "Client"`
   * const clients = await prisma.$fieldseal.open('Client', rows, { columns: { number: 'Client.ssn' } })
   */
  open<T extends object = Record<string, unknown>>(
    model: keyof P['models'] & string,
    rows: readonly object[],
    options?: OpenOptions<P>,
  ): Promise<T[]>
  /** As in `Fieldseal`, also by a field: then it is a tag of the index that answers the field's filters. */
  tag(name: BlindIndexName<P> | EncryptedFieldName<P>, value: unknown, options?: CallOptions): Promise<string | null>
  /** As `tag`, for many values, in order. */
  tagMany(
    name: BlindIndexName<P> | EncryptedFieldName<P>,
    values: readonly unknown[],
    options?: CallOptions,
  ): Promise<(string | null)[]>
  /** Counts stored values that are not cells, and opens a sample of those that are. Reads only. */
  verify(options?: VerifyOptions): Promise<Verification>
}

/** What the service of a client is made from. */
export interface ServiceParts<P extends EncryptionPolicy> {
  readonly policy: P
  readonly root: AnyClient
  readonly runtime: Runtime
  readonly schema: SchemaShape
}

export function prismaService<P extends EncryptionPolicy>(parts: ServiceParts<P>): PrismaFieldseal<P> {
  const { policy, root, runtime, schema } = parts
  const service = serviceOf<EncryptionPolicy>(runtime)
  return {
    ...service,
    open: (model, rows, options = {}) => openRows(parts, model, rows, options),
    tag: async (name, value, options) => service.tag(indexNamed(runtime, schema, name), value, options),
    tagMany: async (name, values, options) => service.tagMany(indexNamed(runtime, schema, name), values, options),
    verify: (options) => verify(root, policy, runtime, options),
  }
}

/** The index that a name means: an index's own, or a field's. */
function indexNamed({ catalog }: Runtime, schema: SchemaShape, name: string): string {
  const [model = '', field = ''] = name.split('.')
  if (catalog.findIndex(model, field) !== undefined || catalog.findField(model, field) === undefined) return name
  const [primary] = schema.get(model)?.fieldIndexes.get(field) ?? []
  if (primary !== undefined) return `${model}.${primary.index.column}`
  throw new UnsupportedOperationError(
    'no blind index answers filters on the field alone, so there is no tag',
    `Add a column with /// @blindIndex(${field}), or name the index`,
    { model, field, operation: 'tag' },
  )
}
