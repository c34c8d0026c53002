import { type AnnotationError, PolicyError } from '../errors/index.js'
import { type AnnotatedModel, type AnnotatedSchema, annotate, reportTo } from './annotated-schema.js'
import { choosePrimary, compileBlindIndex } from './blind-index.js'
import { isSupported, SUPPORTED_PROVIDERS, type SupportedProvider } from './column-width.js'
import { compileEncryptedField } from './encrypted-field.js'
import { type Identities, identities } from './identity.js'
import type {
  BlindIndexPolicy,
  CompoundKey,
  EncryptedFieldPolicy,
  EncryptionPolicy,
  FieldPolicy,
  ModelPolicy,
  TenantRule,
} from './policy.js'
import type { SchemaDescription, SchemaField, SchemaModel } from './schema.js'
import { compileTenant, tenantColumn } from './tenant.js'

/**
 * The policy that a schema's annotations say, with every model and field in the schema's order. `digest` is that of
 * the schema's source (`digestOfSource`).
 * @throws PolicyError listing every annotation that cannot be read or is not allowed where it stands.
 */
export function compilePolicy(schema: SchemaDescription, digest: string): EncryptionPolicy {
  const problems: AnnotationError[] = []
  const annotated = annotate(schema, problems)
  const compiled = new Map<string, CompiledModel>()
  if (isSupported(schema.provider)) compileModels(annotated, schema.provider, compiled, problems)
  else refuseProvider(annotated, problems)
  if (problems.length > 0) throw new PolicyError(problems)

  const models = schema.models.map((model) => [model.name, modelPolicy(model, compiled.get(model.name))] as const)
  return { version: 1, digest, provider: schema.provider, models: Object.fromEntries(models) }
}

interface CompiledModel {
  readonly tenant: TenantRule
  readonly encrypted: ReadonlyMap<string, EncryptedFieldPolicy>
  readonly indexes: ReadonlyMap<string, BlindIndexPolicy>
}

interface Compilation {
  readonly provider: SupportedProvider
  readonly tenantColumns: ReadonlySet<string>
  readonly fieldIds: Identities
  readonly indexIds: Identities
  readonly problems: AnnotationError[]
}

function compileModels(
  schema: AnnotatedSchema,
  provider: SupportedProvider,
  compiled: Map<string, CompiledModel>,
  problems: AnnotationError[],
): void {
  const tenants = new Map<string, TenantRule>()
  const tenantColumns = new Set<string>()
  for (const [name, model] of schema.models) {
    const rule = compileTenant(schema, model, reportTo(problems, model.model))
    tenants.set(name, rule)
    const column = tenantColumn(schema, model, rule)
    if (column !== undefined) tenantColumns.add(column)
  }
  const fieldIds = identities(problems)
  const indexIds = identities(problems)
  const compilation: Compilation = { provider, tenantColumns, fieldIds, indexIds, problems }
  for (const [name, model] of schema.models) {
    compiled.set(name, compileModel(model, tenants.get(name) ?? { kind: 'none' }, compilation))
  }
}

function compileModel(annotated: AnnotatedModel, tenant: TenantRule, compilation: Compilation): CompiledModel {
  const { provider, tenantColumns, fieldIds, indexIds, problems } = compilation
  const { model } = annotated
  const encrypted = new Map<string, EncryptedFieldPolicy>()
  const indexes = new Map<string, BlindIndexPolicy>()
  for (const { field, encrypted: sealing, blindIndex } of annotated.fields.values()) {
    const report = reportTo(problems, model, field)
    const surroundings = { provider, model, isTenantColumn: tenantColumns.has(`${model.name}.${field.name}`) }
    if (sealing !== undefined) {
      const id = fieldIds.identify(model, field, sealing)
      const policy = compileEncryptedField(field, sealing, id, surroundings, report)
      if (policy !== undefined) encrypted.set(field.name, policy)
    }
    if (blindIndex !== undefined) {
      const id = indexIds.identify(model, field, blindIndex)
      const policy = compileBlindIndex(field, blindIndex, id, annotated, surroundings, report)
      if (policy !== undefined) indexes.set(field.name, policy)
    }
  }
  const reportAt = (column: string) => reportTo(problems, model, annotated.fields.get(column)?.field)
  const primary = choosePrimary(annotated, indexes, reportAt)
  const chosen = [...indexes].map(([column, index]) => [column, { ...index, primary: primary.has(column) }] as const)
  return { tenant, encrypted, indexes: new Map(chosen) }
}

function refuseProvider(schema: AnnotatedSchema, problems: AnnotationError[]): void {
  for (const { model, tenant, fields } of schema.models.values()) {
    const first = [...fields.values()].find((field) => field.encrypted !== undefined || field.blindIndex !== undefined)
    if (tenant === undefined && first === undefined) continue
    const report = reportTo(problems, model, tenant === undefined ? first?.field : undefined)
    report(
      `the provider "${schema.provider}" is not supported. Use one of ${SUPPORTED_PROVIDERS.join(', ')}, or remove the annotations.`,
    )
    return
  }
}

function modelPolicy(model: SchemaModel, compiled: CompiledModel | undefined): ModelPolicy {
  const fields = model.fields.flatMap((field) => {
    const policy = fieldPolicy(field, compiled)
    return policy === undefined ? [] : [[field.name, policy] as const]
  })
  return {
    name: model.name,
    dbName: model.dbName ?? model.name,
    ...(model.dbSchema === undefined ? {} : { dbSchema: model.dbSchema }),
    tenant: compiled?.tenant ?? { kind: 'none' },
    fields: Object.fromEntries(fields),
    primaryKey: primaryKeyOf(model),
    uniques: model.uniques.map(compoundKey),
  }
}

function fieldPolicy(field: SchemaField, compiled: CompiledModel | undefined): FieldPolicy | undefined {
  const { name, isList: list } = field
  if (field.kind === 'unsupported') return undefined
  if (field.kind === 'object') {
    // Composite types of MongoDB are objects without a relation.
    if (field.relation === null) return undefined
    const { name: relationName, fromFields, toFields } = field.relation
    return {
      kind: 'relation',
      name,
      model: field.type,
      relationName,
      list,
      optional: !field.isRequired,
      fromFields,
      toFields,
    }
  }
  const encrypted = compiled?.encrypted.get(name)
  const blindIndex = compiled?.indexes.get(name)
  return {
    kind: 'scalar',
    name,
    dbName: field.dbName ?? name,
    type: field.type,
    list,
    optional: !field.isRequired,
    unique: field.isUnique,
    hasDefault: field.default !== null || field.isUpdatedAt,
    ...(isAutoincrement(field) ? { autoincrement: true } : {}),
    ...(encrypted === undefined ? {} : { encrypted }),
    ...(blindIndex === undefined ? {} : { blindIndex }),
  }
}

function isAutoincrement({ default: value }: SchemaField): boolean {
  return value?.kind === 'function' && value.name === 'autoincrement'
}

function primaryKeyOf(model: SchemaModel): CompoundKey {
  if (model.primaryKey !== null) return compoundKey(model.primaryKey)
  const id = model.fields.find((field) => field.isId)
  return id === undefined ? { name: '', fields: [] } : { name: id.name, fields: [id.name] }
}

function compoundKey({
  name,
  fields,
}: {
  readonly name: string | null
  readonly fields: readonly string[]
}): CompoundKey {
  return { name: name ?? fields.join('_'), fields }
}
