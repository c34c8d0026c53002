import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { createProject, keyModels, type Project } from '../generator/project.js'
import { REPOSITORY } from '../support/prisma-versions.js'

const read = (file: string): string => readFileSync(path.join(REPOSITORY, file), 'utf8')

function filesIn(folder: string, pattern: RegExp): string[] {
  return readdirSync(path.join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name) && !/(?:^|\/)generated\//.test(name))
    .map((name) => path.join(folder, name))
}

const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]+?)^\`\`\``, 'gm'))].map(([, code = '']) => code)

describe.each(['README.md', ...filesIn('docs', /\.md$/), ...filesIn('examples', /\.m?[jt]s$/)])('%s', (file) => {
  it('has no cast and no any in its code', () => {
    const codes = file.endsWith('.md') ? ['ts', 'js', 'tsx'].flatMap((one) => blocks(read(file), one)) : [read(file)]
    expect(codes.flatMap(castsIn)).toEqual([])
  })
})

it('a cast is found where there is one', () => {
  const code = 'const a = x as Y\nconst b = <Y>x\nlet c: any\nconst d = [1] as const\n/** @type {any} */ let e = x!\n'
  expect(castsIn(code)).toEqual(['x as Y', '<Y>x', 'any', '@type {any}', 'x!'])
})

const COMPILER_OPTIONS = { target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: true, noEmit: true }

/** What says of a value that it has a type it is not known to have; `as const` does not. */
function castsIn(code: string): string[] {
  const source = ts.createSourceFile('code.ts', code, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const isConst = ts.isAsExpression(node) && ts.isConstTypeReference(node.type)
    const isCast = ts.isAsExpression(node) || ts.isTypeAssertionExpression(node) || ts.isNonNullExpression(node)
    if ((isCast && !isConst) || node.kind === ts.SyntaxKind.AnyKeyword) found.push(node.getText(source))
    const start = node.getFullStart()
    if (ts.isStatement(node)) found.push(...(code.slice(start, node.getStart()).match(/@type \{any\}/g) ?? []))
    node.forEachChild(visit)
  }
  visit(source)
  return found
}

it('the examples type-check against the client that their schema generates', async () => {
  const names = [...filesIn('examples/law-firm', /\.mjs$/), ...filesIn('examples/demo', /\.mjs$/)]
  const schema = read('examples/law-firm/schema.prisma').replace(/"node .*main\.js"/, '"fieldseal-generator"')
  const project = await createProject({
    ...Object.fromEntries(names.map((name) => [name, read(name)])),
    'examples/law-firm/schema.prisma': schema,
    'tsconfig.json': JSON.stringify({
      // Parameters of the demo's own screen are not typed; those with the client's types are.
      compilerOptions: { ...COMPILER_OPTIONS, allowJs: true, checkJs: true, noImplicitAny: false, types: ['node'] },
      include: ['examples/law-firm/*.mjs', 'examples/demo/prepare.mjs', 'examples/demo/tour.mjs'],
    }),
  })
  try {
    expect(await project.generate('--schema', 'examples/law-firm/schema.prisma')).toMatchObject({ code: 0 })
    expect(await typeErrors(project)).toBe('')
    const importing = read('examples/law-firm/import.mjs')
    await project.write(
      'examples/law-firm/import.mjs',
      importing.replace('createMany({ data })', 'createMany({ data: { ...data[0], dob: 5 } })'),
    )
    expect(await typeErrors(project)).toContain(
      "Type 'number' is not assignable to type 'string | Date | null | undefined'",
    )
  } finally {
    await project.remove()
  }
}, 60_000)

it('the quick start of README.md, and the page on the typed client, compile as they are', async () => {
  const readme = read('README.md')
  const [schema = ''] = blocks(readme, 'prisma')
  const [extended = '', used = ''] = blocks(readme, 'ts')
  const [, typed = ''] = blocks(read('docs/generator.md'), 'ts')
  expect([extended, used]).toEqual([expect.stringContaining('$extends'), expect.stringContaining('withTenant')])
  const project = await createProject({
    'prisma/schema.prisma': schema,
    'prisma/models.prisma': keyModels('sqlite'),
    'src/prisma.ts': extended,
    'src/use.ts': used,
    'src/typed.ts': `import { prisma } from './prisma.js'\n${typed.replace(/^(.*\/\/ does not compile)$/m, '// @ts-expect-error\n$1')}
const dob: Date | null = client.dob
// @ts-expect-error
client.ssnIndex
export { dob }
`,
    'tsconfig.json': JSON.stringify({
      compilerOptions: COMPILER_OPTIONS,
      include: ['src'],
    }),
  })
  try {
    expect(await project.generate()).toMatchObject({ code: 0 })
    expect(await typeErrors(project)).toBe('')
  } finally {
    await project.remove()
  }
}, 60_000)

async function typeErrors(project: Project): Promise<string> {
  const tsc = path.join(REPOSITORY, 'node_modules/typescript-7/bin/tsc')
  return promisify(execFile)(process.execPath, [tsc, '-p', project.directory]).then(
    () => '',
    (error: { stdout?: string }) => error.stdout ?? String(error),
  )
}
