import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

/** One of the forms a generated type lets a value have. */
export type Form =
  | ObjectForm
  | { readonly kind: 'list'; readonly of: readonly Form[] }
  | { readonly kind: 'value'; readonly name: string }
  | { readonly kind: 'constant'; readonly of: string; readonly name: string }
  | { readonly kind: 'null' }

export interface ObjectForm {
  readonly kind: 'object'
  /** The declared type it is part of. */
  readonly name: string
  readonly members: Members
  /** Members of which one must be given: the unique keys of a WhereUnique. */
  readonly keys?: readonly string[]
}

export type Members = ReadonlyMap<string, Member>

export interface Member {
  readonly forms: readonly Form[]
  readonly optional: boolean
}

/** The types a client generator wrote, as far as callers give arguments by them. */
export interface GeneratedTypes {
  /** Forms of a declared type. */
  forms(name: string): readonly Form[]
  /** The type's members, over all of its object forms. */
  members(name: string): Members
  /** Names of the methods of an interface. */
  methods(name: string): readonly string[]
}

/** Changes a source before it is read: how a test plants what Prisma does not have. */
export type Patch = (source: string) => string

/**
 * Reads the declarations of generated clients with TypeScript's parser. Whatever it does not understand is an error, so
 * that no argument is overlooked because it is written in a new way.
 */
export class TypeReader {
  /** Parsed files by their text: most of a client is read again when one file of it is patched. */
  readonly #parsed = new Map<string, ts.SourceFile>()

  read(client: string, patch: Patch = (source) => source): GeneratedTypes {
    const declarations = new Declarations()
    const files = readdirSync(client, { recursive: true, encoding: 'utf8' })
    const typed = files.filter((file) => /(?<!\.d)\.ts$/.test(file)).filter((file) => !file.startsWith('runtime'))
    for (const file of typed.length > 0 ? typed : ['index.d.ts']) {
      declarations.add(this.#parse(patch(readFileSync(path.join(client, file), 'utf8')), file))
    }
    return declarations
  }

  #parse(source: string, file: string): ts.SourceFile {
    const parsed = this.#parsed.get(source) ?? ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true)
    this.#parsed.set(source, parsed)
    return parsed
  }
}

/** Generic types that stand for the first of their arguments. */
const FIRST_OF: ReadonlySet<string> = new Set([
  ...['AtLeast', 'Required', 'OptionalFlat', 'PatchUndefined', 'Either', 'GetSelect', 'Omit'],
])
/** Classes and types of the runtime that hold one value. */
const VALUES: ReadonlySet<string> = new Set(['Date', 'Bytes', 'Uint8Array', 'InputJsonValue'])
const KEYWORDS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.StringKeyword, 'string'],
  [ts.SyntaxKind.NumberKeyword, 'number'],
  [ts.SyntaxKind.BooleanKeyword, 'boolean'],
])

class Declarations implements GeneratedTypes {
  readonly #aliases = new Map<string, ts.TypeNode>()
  readonly #interfaces = new Map<string, ts.InterfaceDeclaration>()
  readonly #constants = new Map<string, readonly string[]>()
  readonly #read = new Map<string, readonly Form[]>()

  add(file: ts.SourceFile): void {
    const visit = (node: ts.Node): void => {
      if (ts.isTypeAliasDeclaration(node)) this.#aliases.set(node.name.text, node.type)
      else if (ts.isInterfaceDeclaration(node)) this.#interfaces.set(node.name.text, node)
      else if (ts.isVariableStatement(node)) this.#addConstants(node)
      else if (ts.isModuleDeclaration(node) || ts.isModuleBlock(node) || ts.isSourceFile(node))
        ts.forEachChild(node, visit)
    }
    visit(file)
  }

  /** `const SortOrder = { asc: 'asc', … } as const`, or declared with a type of that shape. */
  #addConstants({ declarationList }: ts.VariableStatement): void {
    for (const { name, initializer, type } of declarationList.declarations) {
      if (!ts.isIdentifier(name)) continue
      const object = initializer !== undefined && ts.isAsExpression(initializer) ? initializer.expression : initializer
      if (object !== undefined && ts.isObjectLiteralExpression(object)) {
        this.#constants.set(name.text, object.properties.flatMap(nameOf))
      } else if (type !== undefined && ts.isTypeLiteralNode(type)) {
        this.#constants.set(name.text, type.members.flatMap(nameOf))
      }
    }
  }

  methods(name: string): readonly string[] {
    const found = this.#interfaces.get(name)
    if (found === undefined) throw new Error(`The generated client declares no interface ${name}`)
    return [...new Set(found.members.filter(ts.isMethodSignature).flatMap(nameOf))]
  }

  members(name: string): Members {
    return membersOf(this.forms(name))
  }

  forms(name: string): readonly Form[] {
    const known = this.#read.get(name)
    if (known !== undefined) return known
    const node = this.#aliases.get(name)
    if (node === undefined) throw new Error(`The generated client declares no type ${name}`)
    const forms = this.#formsOf(node, name)
    this.#read.set(name, forms)
    return forms
  }

  #formsOf(node: ts.TypeNode, name: string): readonly Form[] {
    if (ts.isUnionTypeNode(node)) return node.types.flatMap((type) => this.#formsOf(type, name))
    if (ts.isParenthesizedTypeNode(node)) return this.#formsOf(node.type, name)
    if (ts.isArrayTypeNode(node)) return [{ kind: 'list', of: this.#formsOf(node.elementType, name) }]
    if (ts.isTypeLiteralNode(node)) return [this.#objectOf(node, name)]
    if (ts.isTypeReferenceNode(node)) return this.#referred(node, name)
    if (ts.isIntersectionTypeNode(node)) {
      return [objectForm(name, new Map(node.types.flatMap((type) => [...membersOf(this.#formsOf(type, name))])))]
    }
    if (ts.isLiteralTypeNode(node)) {
      if (node.literal.kind === ts.SyntaxKind.NullKeyword) return [{ kind: 'null' }]
      if (node.literal.kind === ts.SyntaxKind.TrueKeyword) return [{ kind: 'value', name: 'boolean' }]
    }
    const keyword = KEYWORDS.get(node.kind)
    if (keyword !== undefined) return [{ kind: 'value', name: keyword }]
    throw new Error(`A form of ${name} is not understood: ${node.getText()}`)
  }

  /** Members are read when they are asked for: types refer to themselves. */
  #objectOf(node: ts.TypeLiteralNode, name: string): ObjectForm {
    let members: Members | undefined
    const read = (): Members => {
      const properties = node.members.filter(ts.isPropertySignature)
      return new Map(
        properties.flatMap((property) => {
          const { type, questionToken } = property
          if (type === undefined) return []
          const member: Member = { forms: this.#formsOf(type, name), optional: questionToken !== undefined }
          return nameOf(property).map((key) => [key, member] as const)
        }),
      )
    }
    return {
      kind: 'object',
      name,
      get members() {
        members ??= read()
        return members
      },
    }
  }

  #referred({ typeName, typeArguments = ts.factory.createNodeArray() }: ts.TypeReferenceNode, outer: string) {
    const name = ts.isQualifiedName(typeName) ? typeName.right.text : typeName.text
    const [first, second] = typeArguments
    if (first !== undefined) {
      if (name === 'XOR') return typeArguments.flatMap((type) => this.#formsOf(type, outer))
      if (name === 'GetOmit') return [objectForm(outer, new Map(literals(first).map((key) => [key, FLAG])))]
      if (FIRST_OF.has(name)) return narrowed(this.#formsOf(first, outer), name, second)
    }
    if (name.endsWith('FieldRefInput')) return [{ kind: 'value', name: 'field reference' } as const]
    if (VALUES.has(name)) return [{ kind: 'value', name } as const]
    const constants = this.#constants.get(name)
    if (constants !== undefined) return constants.map((one) => ({ kind: 'constant', of: name, name: one }) as const)
    if (this.#aliases.has(name)) return this.forms(name)
    throw new Error(`${outer} refers to ${name}, which is not understood`)
  }
}

const FLAG: Member = { forms: [{ kind: 'value', name: 'boolean' }], optional: true }

/** Members over all object forms: a caller may give any of them. */
export function membersOf(forms: readonly Form[]): Members {
  return new Map(forms.flatMap((form) => (form.kind === 'object' ? [...form.members] : [])))
}

function objectForm(name: string, members: Members): ObjectForm {
  return { kind: 'object', name, members }
}

/** `AtLeast<T, Keys>` demands one of the keys, `Omit<T, Keys>` drops them. */
function narrowed(forms: readonly Form[], generic: string, keys: ts.TypeNode | undefined): readonly Form[] {
  const named = keys === undefined ? [] : literals(keys)
  return forms.map((form) => {
    if (form.kind !== 'object' || named.length === 0) return form
    if (generic === 'AtLeast') return { kind: 'object', name: form.name, members: form.members, keys: named }
    return objectForm(form.name, new Map([...form.members].filter(([name]) => !named.includes(name))))
  })
}

function literals(node: ts.TypeNode): string[] {
  if (ts.isUnionTypeNode(node)) return node.types.flatMap(literals)
  return ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal) ? [node.literal.text] : []
}

function nameOf({ name }: { readonly name?: ts.PropertyName | undefined }): string[] {
  return name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? [name.text] : []
}
