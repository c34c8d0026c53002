import { getDMMF } from '@prisma/get-dmmf'

type Document = Extract<ReturnType<typeof getDMMF>, { datamodel: unknown }>
type Model = Document['datamodel']['models'][number]
type Field = Model['fields'][number]

/**
 * DDL for MySQL and MariaDB, of test quality: what the test schemas use and no more (no enums, no referential action
 * beyond delete). Text compares by bytes, as on the other databases; columns of tags and key references are ASCII.
 */
export function mysqlDdl(schema: string): string {
  const document = getDMMF({ datamodel: schema })
  if (!('datamodel' in document)) throw document.error
  const { models, indexes } = document.datamodel
  const tables = models.map((model) => {
    const columns = model.fields.filter((field) => field.kind === 'scalar')
    const keys = [
      `PRIMARY KEY (${columnList(model, primaryKey(model))})`,
      ...columns.filter((field) => field.isUnique).map((field) => uniqueKey(model, [field.name])),
      ...model.uniqueFields.map((names) => uniqueKey(model, names)),
      ...indexes
        .filter((index) => index.model === model.name && index.type === 'normal')
        .map((index) => `INDEX (${columnList(model, names(index.fields))})`),
    ]
    return createTable(tableName(model), [...columns.map((field) => columnDefinition(model, field)), ...keys])
  })
  const foreignKeys = models.flatMap((model) =>
    model.fields
      .filter((field) => (field.relationFromFields?.length ?? 0) > 0)
      .map((field) => foreignKey(model, field, modelNamed(models, field.type))),
  )
  return [...tables, ...joinTables(models), ...foreignKeys].map((statement) => `${statement};\n`).join('\n')
}

function createTable(name: string, lines: readonly string[]): string {
  const body = lines.map((line) => `  ${line}`).join(',\n')
  return `CREATE TABLE ${name} (\n${body}\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`
}

function columnDefinition(model: Model, field: Field): string {
  const ascii = isAscii(model, field) ? ' CHARACTER SET ascii COLLATE ascii_bin' : ''
  return `${quote(field.dbName ?? field.name)} ${columnType(field)}${ascii} ${field.isRequired ? 'NOT NULL' : 'NULL'}${columnDefault(field)}`
}

const COLUMN_TYPES: { readonly [type: string]: string } = {
  String: 'VARCHAR(191)',
  Int: 'INTEGER',
  BigInt: 'BIGINT',
  Float: 'DOUBLE',
  Decimal: 'DECIMAL(65,30)',
  Boolean: 'BOOLEAN',
  DateTime: 'DATETIME(3)',
  Json: 'JSON',
  Bytes: 'LONGBLOB',
}

function columnType(field: Field): string {
  if (field.nativeType) {
    const [name, args] = field.nativeType
    return args.length === 0 ? name : `${name}(${args.join(',')})`
  }
  const type = COLUMN_TYPES[field.type]
  if (type === undefined) throw new Error(`No MySQL column type for ${field.type}`)
  return type
}

function columnDefault(field: Field): string {
  const value = field.default
  // As an expression: MySQL takes a literal for no column of the types of TEXT, BLOB and JSON.
  if (typeof value === 'string') return ` DEFAULT ('${value.replaceAll("'", "''")}')`
  if (typeof value === 'number' || typeof value === 'boolean') return ` DEFAULT ${value}`
  if (typeof value !== 'object' || !('name' in value)) return ''
  if (value.name === 'autoincrement') return ' AUTO_INCREMENT'
  return value.name === 'now' ? ' DEFAULT CURRENT_TIMESTAMP(3)' : ''
}

const UNICODE_COLUMNS = new Set(['tenant', 'kekUri'])

function isAscii(model: Model, field: Field): boolean {
  if (field.type !== 'String') return false
  if (field.documentation?.includes('@blindIndex(')) return true
  return model.name.startsWith('Fieldseal') && !UNICODE_COLUMNS.has(field.name)
}

function foreignKey(model: Model, field: Field, target: Model): string {
  const onDelete = { Cascade: 'CASCADE', SetNull: 'SET NULL', NoAction: 'NO ACTION', Restrict: 'RESTRICT' }
  const wanted = Object.entries(onDelete).find(([name]) => name === field.relationOnDelete)?.[1]
  const action = wanted ?? (field.isRequired ? 'RESTRICT' : 'SET NULL')
  const columns = columnList(model, field.relationFromFields ?? [])
  const references = `${tableName(target)} (${columnList(target, field.relationToFields ?? [])})`
  return `ALTER TABLE ${tableName(model)} ADD FOREIGN KEY (${columns}) REFERENCES ${references} ON DELETE ${action} ON UPDATE CASCADE`
}

/** Prisma's implicit many-to-many tables: `_Relation` with columns A and B, models in alphabetical order. */
function joinTables(models: readonly Model[]): string[] {
  return models.flatMap((model) =>
    model.fields.flatMap((field) => {
      const other = field.kind === 'object' && field.isList ? modelNamed(models, field.type) : undefined
      const back = other?.fields.find((f) => f.relationName === field.relationName && f !== field)
      if (other === undefined || back?.isList !== true || model.name > other.name) return []
      if (model.name === other.name && field.name > back.name) return []
      const columns = [model, other].map((side, index) => {
        const id = side.fields.find((f) => f.isId)
        if (id === undefined) throw new Error(`${side.name} has no @id`)
        return `${index === 0 ? '`A`' : '`B`'} ${columnType(id)} NOT NULL`
      })
      const reference = (side: Model) => `${tableName(side)} (${columnList(side, primaryKey(side))})`
      return createTable(quote(`_${field.relationName}`), [
        ...columns,
        'PRIMARY KEY (`A`, `B`)',
        'INDEX (`B`)',
        `FOREIGN KEY (\`A\`) REFERENCES ${reference(model)} ON DELETE CASCADE ON UPDATE CASCADE`,
        `FOREIGN KEY (\`B\`) REFERENCES ${reference(other)} ON DELETE CASCADE ON UPDATE CASCADE`,
      ])
    }),
  )
}

function uniqueKey(model: Model, fields: readonly string[]): string {
  const name = `${model.dbName ?? model.name}_${columnNames(model, fields).join('_')}_key`
  return `UNIQUE INDEX ${quote(name)} (${columnList(model, fields)})`
}

function primaryKey(model: Model): readonly string[] {
  return model.primaryKey?.fields ?? names(model.fields.filter((field) => field.isId))
}

function columnList(model: Model, fields: readonly string[]): string {
  return columnNames(model, fields).map(quote).join(', ')
}

function columnNames(model: Model, fields: readonly string[]): string[] {
  return fields.map((name) => model.fields.find((field) => field.name === name)?.dbName ?? name)
}

function names(fields: readonly { readonly name: string }[]): string[] {
  return fields.map((field) => field.name)
}

function tableName(model: Model): string {
  return quote(model.dbName ?? model.name)
}

function modelNamed(models: readonly Model[], name: string): Model {
  const model = models.find((candidate) => candidate.name === name)
  if (model === undefined) throw new Error(`The schema has no model ${name}`)
  return model
}

function quote(name: string): string {
  return `\`${name}\``
}
