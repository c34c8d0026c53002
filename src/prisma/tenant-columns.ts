import type { EncryptionPolicy, FieldPolicy } from '../policy/policy.js'

/** A text column, by Prisma's names and the database's. */
export interface TenantColumn {
  readonly model: string
  readonly field: string
  readonly table: string
  readonly column: string
}

/** The text columns that say which tenant a row belongs to: where the paths of `@tenant` end. */
export function tenantColumns(policy: EncryptionPolicy): TenantColumn[] {
  const found = new Map<string, TenantColumn>()
  for (const { name, tenant } of Object.values(policy.models)) {
    if (tenant.kind !== 'path') continue
    let model: string | undefined = name
    for (const part of tenant.path) {
      const field: FieldPolicy | undefined = model === undefined ? undefined : policy.models[model]?.fields[part]
      if (field?.kind === 'relation') model = field.model
      else add(policy, found, model ?? '', part)
    }
  }
  return [...found.values()]
}

/** The columns, and those that foreign keys tie to them, directly or through others. */
export function linkedColumns(policy: EncryptionPolicy, columns: readonly TenantColumn[]): TenantColumn[] {
  const found = new Map(columns.map((column) => [keyOf(column.model, column.field), column]))
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const [from, to] of foreignKeys(policy)) {
      if (found.has(keyOf(...from))) add(policy, found, ...to)
      if (found.has(keyOf(...to))) add(policy, found, ...from)
    }
  }
  return [...found.values()]
}

type Place = readonly [model: string, field: string]

function foreignKeys(policy: EncryptionPolicy): [from: Place, to: Place][] {
  return Object.values(policy.models).flatMap((model) =>
    Object.values(model.fields).flatMap((relation) =>
      relation.kind !== 'relation'
        ? []
        : relation.fromFields.map((field, at): [Place, Place] => [
            [model.name, field],
            [relation.model, relation.toFields[at] ?? ''],
          ]),
    ),
  )
}

function add(policy: EncryptionPolicy, found: Map<string, TenantColumn>, model: string, name: string): void {
  const table = policy.models[model]?.dbName
  const field = policy.models[model]?.fields[name]
  if (table === undefined || field?.kind !== 'scalar' || field.type !== 'String') return
  found.set(keyOf(model, name), { model, field: name, table, column: field.dbName })
}

function keyOf(model: string, field: string): string {
  return `${model}.${field}`
}
