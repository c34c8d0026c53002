import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { REPOSITORY } from '../support/prisma-versions.js'
import { policyOfSchema } from '../support/sealed-client.js'

const read = (file: string): string => readFileSync(path.join(REPOSITORY, file), 'utf8')
const pagesIn = (folder: string): string[] =>
  readdirSync(path.join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name))

const TEXTS = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...pagesIn('docs')]

const named = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name]) => String(name))

/** Anchors of a page's headings, as code hosts make them. */
const anchors = (text: string): string[] =>
  named(text, /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('the quick start', () => {
  it('annotates a schema that the library accepts, with the models it adds', async () => {
    const [schema] = named(read('README.md'), /```prisma\n([\s\S]+?)```/g)
    const policy = await policyOfSchema(`${schema}\n${read('prisma/fieldseal/sqlite.prisma')}`)
    expect(policy.models.Client?.fields.ssn).toMatchObject({ encrypted: { mode: 'strict' } })
    expect(policy.models.Note?.tenant).toEqual({ kind: 'path', path: ['client', 'firmId'] })
  })

  it('names a version wherever it installs Prisma', () => {
    const installs = read('README.md')
      .split('\n')
      .filter((line) => line.startsWith('npm install'))
      .flatMap((line) => line.split(' ').filter((word) => /^(@prisma\/|prisma)/.test(word)))
    expect(installs).toHaveLength(3)
    expect(installs.filter((name) => !/@7$/.test(name))).toEqual([])
  })
})

describe.each(TEXTS)('%s', (file) => {
  const text = read(file)

  it('links to pages and headings that exist', () => {
    const broken = named(text, /\]\(((?!https?:)[^)]+)\)/g).filter((link) => {
      const [target = '', anchor] = link.split('#')
      const page = target === '' ? file : path.join(path.dirname(file), target)
      if (!existsSync(path.join(REPOSITORY, page))) return true
      return anchor !== undefined && !anchors(read(page)).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  it('names only commands that exist', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts)
    const commands = named(read('src/cli/main.ts'), /\.command\('(\w+)'\)/g)
    expect(named(text, /npm run ([\w:-]+)/g).filter((script) => !scripts.includes(script))).toEqual([])
    expect(named(text, /npx fieldseal (\w+)/g).filter((command) => !commands.includes(command))).toEqual([])
  })
})
