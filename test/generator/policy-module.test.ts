import { describe, expect, it } from 'vitest'
import { literalType } from '../../src/generator/literal-type.js'
import { needsDecimal, renderFailure, renderPolicy } from '../../src/generator/policy-module.js'
import { compilePolicy, type EncryptionPolicy } from '../../src/policy/index.js'
import { column, model, schemaOf } from '../policy/schema-builder.js'

const EMPTY: EncryptionPolicy = { version: 1, digest: 'd1', provider: 'sqlite', models: {} }
const DATA = `{
  "version": 1,
  "digest": "d1",
  "provider": "sqlite",
  "models": {}
}`

function withField(annotation: string): EncryptionPolicy {
  return compilePolicy(schemaOf([model('A', [column('x', 'String', annotation)])]), 'd')
}

describe('a policy module', () => {
  it('in TypeScript is one constant with literal types, whose type has a name, and imports a type only', () => {
    const files = renderPolicy(EMPTY, { language: 'ts', extension: '.ts', system: 'esm' }, undefined)
    expect([...files.keys()]).toEqual(['policy.ts'])
    expect(files.get('policy.ts')).toBe(`// Written by fieldseal-generator; prisma generate overwrites it.
/* eslint-disable */
import type { EncryptionPolicy } from 'fieldseal'

const constant = ${DATA} as const satisfies EncryptionPolicy

type Constant = typeof constant
export interface Policy extends Constant {}
export const policy: Policy = constant
`)
  })

  it('in TypeScript takes Prisma from the client where a class of it is needed', () => {
    const files = renderPolicy(EMPTY, { language: 'ts', extension: '.mts', system: 'cjs' }, '../client/client.mjs')
    expect(files.get('policy.mts')).toContain('import { Prisma } from "../client/client.mjs"\n')
    expect(files.get('policy.mts')).toContain('  "models": {},\n  "runtime": { "Decimal": Prisma.Decimal }\n} as const')
  })

  it('in JavaScript is an ES module or CommonJS, with declarations', () => {
    const esm = renderPolicy(EMPTY, { language: 'js', extension: '.ts', system: 'esm' }, undefined)
    const cjs = renderPolicy(EMPTY, { language: 'js', extension: '.ts', system: 'cjs' }, '../client/index.js')
    expect(esm.get('policy.js')).toContain(`\nexport const policy = ${DATA}\n`)
    expect(cjs.get('policy.js')).toContain(`const { Prisma } = require("../client/index.js")\n\nexports.policy = {`)
    expect(esm.get('policy.d.ts')).toContain('export interface Policy {\n  readonly "version": 1\n')
    expect(esm.get('policy.d.ts')).toMatch(/\nexport declare const policy: Policy\n$/)
    expect(cjs.get('policy.d.ts')).toContain('readonly "runtime": { readonly "Decimal": typeof Prisma.Decimal }\n}')
  })

  it('needs the class of decimals only for encrypted ones, also in lists', () => {
    expect(needsDecimal(withField('@encrypted(type: Decimal)'))).toBe(true)
    expect(needsDecimal(withField('@encrypted(type: [Decimal])'))).toBe(true)
    expect(needsDecimal(withField('@encrypted'))).toBe(false)
  })
})

describe('a module instead of a policy', () => {
  it.each([
    ['policy.ts', 'esm', 'export const policy: never = refuse()'],
    ['policy.cts', 'cjs', 'export const policy: never = refuse()'],
    ['policy.js', 'esm', 'export const policy = refuse()'],
    ['policy.js', 'cjs', 'exports.policy = refuse()'],
  ] as const)('%s (%s) calls what throws', (file, system, line) => {
    const text = renderFailure(file, system, 'a "quoted"\nmessage')
    expect(text).toContain('throw Object.assign(new Error("a \\"quoted\\"\\nmessage")')
    expect(text.endsWith(`${line}\n`)).toBe(true)
  })

  it('declares a policy that fits everywhere, so that nothing but its error is seen', () => {
    expect(renderFailure('policy.d.ts', 'esm', 'm')).toContain(
      'export type Policy = never\nexport declare const policy: never\n',
    )
  })
})

describe('the type of a constant', () => {
  it.each([
    ['a', '"a"'],
    [1, '1'],
    [true, 'true'],
    [null, 'null'],
    [[], 'readonly []'],
    [{}, '{}'],
    [['a', 1], 'readonly [\n  "a",\n  1,\n]'],
    [{ 'a b': { c: 1 }, gone: undefined }, '{\n  readonly "a b": {\n    readonly "c": 1\n  }\n}'],
  ])('%j is %s', (value, type) => {
    expect(literalType(value)).toBe(type)
  })
})
