import { rmSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Violation, violationsIn } from './import-graph.js'
import { plantFolder, repository } from './project-folder.js'

const ranks = [
  ['errors'],
  ['crypto'],
  ['message', 'codecs', 'policy'],
  ['blind-index', 'keys', 'kms', 'context', 'sql'],
  ['sealer'],
  ['service'],
  ['prisma', 'generator', 'middleware', 'migration', 'jobs', 'access', 'audit', 'metrics'],
  ['cli'],
]
const rooms = ranks.flat()
const rankOf = (room: string) => ranks.findIndex((names) => names.includes(room))

const core = ['crypto', 'policy', 'codecs', 'message', 'blind-index', 'sealer']

const packageFile = (name: string) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
  [`node_modules/${name}/index.js`]: 'module.exports = {}\n',
})

/** A healthy little project: every kind of import that is allowed, none that is not. */
const healthy: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'planted',
    version: '1.0.0',
    type: 'module',
    dependencies: { 'lru-cache': '1' },
    devDependencies: { vitest: '1', '@prisma/client': '1' },
    peerDependencies: { '@prisma/client': '1', '@aws-sdk/a': '1', '@google-cloud/a': '1', '@azure/a': '1' },
  }),
  'tsconfig.json': JSON.stringify({ compilerOptions: { module: 'nodenext', target: 'es2023', strict: true } }),
  ...packageFile('lru-cache'),
  ...packageFile('vitest'),
  ...packageFile('undeclared'),
  ...packageFile('@prisma/client'),
  ...packageFile('@aws-sdk/a'),
  ...packageFile('@google-cloud/a'),
  ...packageFile('@azure/a'),
  'scripts/tool.mjs': 'export const tool = 1\n',
  'src/index.ts': "export * from './core.js'\nexport * from './prisma/extension.js'\n",
  'src/core.ts': "export * from './service/service.js'\n",
  'src/errors/base.ts': 'export class Base extends Error {}\n',
  'src/crypto/hash.ts': "import { createHash } from 'node:crypto'\nexport const hash = createHash\n",
  'src/policy/policy.ts': "import type { Base } from '../errors/base.js'\nexport type Policy = Base\n",
  'src/message/cell.ts': "import { hash } from '../crypto/hash.js'\nexport const cell = hash\n",
  'src/kms/kms.ts': "import type { Base } from '../errors/base.js'\nexport type Kms = Base\n",
  'src/kms/local.ts':
    "import type { Kms } from './kms.js'\nimport { hash } from '../crypto/hash.js'\nexport const l = hash as Kms\n",
  'src/kms/aws.ts':
    "import * as sdk from '@aws-sdk/a'\nimport type { Kms } from './kms.js'\nexport const a = sdk as Kms\n",
  'src/kms/gcp.ts': "import * as sdk from '@google-cloud/a'\nexport const g = sdk\n",
  'src/kms/azure.ts': "import * as sdk from '@azure/a'\nexport const a = sdk\n",
  'src/kms/vault.ts': "import { request } from 'node:https'\nexport const v = request\n",
  'src/keys/cache.ts':
    "import { LRUCache } from 'lru-cache'\nimport type { Kms } from '../kms/kms.js'\nexport const c = LRUCache as Kms\n",
  'src/keys/file-store.ts': "import { readFileSync } from 'node:fs'\nexport const f = readFileSync\n",
  'src/sealer/sealer.ts':
    "import { c } from '../keys/cache.js'\nimport { cell } from '../message/cell.js'\nexport const s = [c, cell]\n",
  'src/service/service.ts': "export { s as service } from '../sealer/sealer.js'\n",
  'src/testing/index.ts': "export { s } from '../sealer/sealer.js'\n",
  'src/prisma/extension.ts':
    "import * as client from '@prisma/client'\nexport { s } from '../sealer/sealer.js'\nexport { client }\n",
}

/** One wrong import (or a few that make one) per rule: the files to plant, and where the rule must point. */
const plants: ReadonlyArray<{
  readonly rule: string
  readonly files: Readonly<Record<string, string>>
  readonly from: string
  readonly to: string
}> = [
  {
    rule: 'kms-local-stands-alone',
    files: { 'src/kms/local-ring.ts': "import './aws.js'\n" },
    from: 'src/kms/local-ring.ts',
    to: 'src/kms/aws.ts',
  },
  ...[
    ['aws', 'gcp'],
    ['gcp', 'azure'],
    ['azure', 'vault'],
    ['vault', 'local'],
  ].map(([name, other]) => ({
    rule: `kms-${name}-stands-alone`,
    files: { [`src/kms/${name}-extra.ts`]: `import './${other}.js'\n` },
    from: `src/kms/${name}-extra.ts`,
    to: `src/kms/${other}.ts`,
  })),
  ...[
    ['aws', '@aws-sdk/a'],
    ['gcp', '@google-cloud/a'],
    ['azure', '@azure/a'],
  ].map(([name, sdk]) => ({
    rule: `kms-${name}-owns-its-sdk`,
    files: { [`src/service/${name}.ts`]: `export const load = () => import('${sdk}')\n` },
    from: `src/service/${name}.ts`,
    to: `node_modules/${sdk}/index.js`,
  })),
  {
    rule: 'kms-is-self-contained',
    files: { 'src/kms/policy-aware.ts': "import type { Policy } from '../policy/policy.js'\nexport type P = Policy\n" },
    from: 'src/kms/policy-aware.ts',
    to: 'src/policy/policy.ts',
  },
  {
    rule: 'kms-config-knows-no-policy',
    files: {
      'src/kms/config/reader.ts': "import type { Policy } from '../../policy/policy.js'\nexport type P = Policy\n",
    },
    from: 'src/kms/config/reader.ts',
    to: 'src/policy/policy.ts',
  },
  {
    rule: 'core-never-reaches-prisma',
    files: {
      'src/sealer/prisma-user.ts': "export * from '../keys/prisma-user.js'\n",
      'src/keys/prisma-user.ts': "export * from '@prisma/client'\n",
    },
    from: 'src/sealer/prisma-user.ts',
    to: 'node_modules/@prisma/client/index.js',
  },
  {
    rule: 'core-never-reaches-kms-sdk',
    files: { 'src/sealer/sdk-user.ts': "export * from '../kms/aws.js'\n" },
    from: 'src/sealer/sdk-user.ts',
    to: 'node_modules/@aws-sdk/a/index.js',
  },
  {
    rule: 'core-never-reaches-files',
    files: { 'src/sealer/file-user.ts': "export * from '../keys/file-store.js'\n" },
    from: 'src/sealer/file-user.ts',
    to: 'fs',
  },
  {
    rule: 'core-never-reaches-network',
    files: { 'src/blind-index/web-user.ts': "import 'node:http'\n" },
    from: 'src/blind-index/web-user.ts',
    to: 'http',
  },
  {
    rule: 'core-never-reaches-processes',
    files: { 'src/codecs/shell-user.ts': "import 'node:child_process'\n" },
    from: 'src/codecs/shell-user.ts',
    to: 'child_process',
  },
  {
    rule: 'crypto-owns-node-crypto',
    files: { 'src/keys/own-hash.ts': "import type { KeyObject } from 'node:crypto'\nexport type K = KeyObject\n" },
    from: 'src/keys/own-hash.ts',
    to: 'crypto',
  },
  {
    rule: 'testing-stays-below-service',
    files: { 'src/testing/whole.ts': "export * from '../prisma/extension.js'\n" },
    from: 'src/testing/whole.ts',
    to: 'src/prisma/extension.ts',
  },
  {
    rule: 'testing-is-for-tests',
    files: { 'src/service/double.ts': "export * from '../testing/index.js'\n" },
    from: 'src/service/double.ts',
    to: 'src/testing/index.ts',
  },
  {
    rule: 'entries-are-for-users',
    files: { 'src/cli/main.ts': "export * from '../index.js'\n" },
    from: 'src/cli/main.ts',
    to: 'src/index.ts',
  },
  {
    rule: 'entries-are-for-users',
    files: { 'src/cli/core-user.ts': "export * from '../core.js'\n" },
    from: 'src/cli/core-user.ts',
    to: 'src/core.ts',
  },
  {
    rule: 'every-folder-has-a-rank',
    files: { 'src/helpers/misc.ts': "export * from '../errors/base.js'\n" },
    from: 'src/helpers/misc.ts',
    to: 'src/errors/base.ts',
  },
  {
    rule: 'every-imported-folder-has-a-rank',
    files: {
      'src/helpers/leaf.ts': 'export const leaf = 1\n',
      'src/jobs/user.ts': "export * from '../helpers/leaf.js'\n",
    },
    from: 'src/jobs/user.ts',
    to: 'src/helpers/leaf.ts',
  },
  {
    rule: 'inside-src-only',
    files: { 'src/cli/tool.ts': "export * from '../../scripts/tool.mjs'\n" },
    from: 'src/cli/tool.ts',
    to: 'scripts/tool.mjs',
  },
  {
    rule: 'no-cycles',
    files: {
      'src/audit/a.ts': "import type { B } from './b.js'\nexport type A = B | 1\n",
      'src/audit/b.ts': "import type { A } from './a.js'\nexport type B = A | 2\n",
    },
    from: 'src/audit/a.ts',
    to: 'src/audit/b.ts',
  },
  {
    rule: 'no-folder-cycles',
    files: {
      'src/metrics/leaf.ts': 'export const leaf = 1\n',
      'src/metrics/user.ts': "export * from '../access/leaf.js'\n",
      'src/access/leaf.ts': 'export const leaf = 1\n',
      'src/access/user.ts': "export * from '../metrics/leaf.js'\n",
    },
    from: 'src/access',
    to: 'src/metrics',
  },
  {
    rule: 'declared-packages-only',
    files: { 'src/migration/dev-user.ts': "import 'vitest'\n" },
    from: 'src/migration/dev-user.ts',
    to: 'node_modules/vitest/index.js',
  },
  {
    rule: 'declared-packages-only',
    files: { 'src/migration/stray-user.ts': "import 'undeclared'\n" },
    from: 'src/migration/stray-user.ts',
    to: 'node_modules/undeclared/index.js',
  },
  {
    rule: 'everything-resolves',
    files: { 'src/errors/gone-user.ts': "import './gone.js'\n" },
    from: 'src/errors/gone-user.ts',
    to: './gone.js',
  },
]

const trees: string[] = []
function violationsOf(files: Readonly<Record<string, string>>): Violation[] {
  const root = plantFolder(files)
  trees.push(root)
  return violationsIn(root)
}
afterAll(() => {
  for (const root of trees) rmSync(root, { recursive: true, force: true })
})

describe('the import rules', () => {
  it('hold in this repository', () => {
    expect(violationsIn(repository)).toEqual([])
  })

  it('allow every kind of import a healthy project needs', () => {
    expect(violationsOf(healthy)).toEqual([])
  })

  it('forbid each import that points upwards, and no other, for all pairs of folders', () => {
    const pairs = rooms.flatMap((from) => rooms.filter((to) => to !== from).map((to) => ({ from, to })))
    const files: Record<string, string> = { ...healthy }
    for (const room of rooms) files[`src/${room}/leaf.ts`] = 'export const leaf = 1\n'
    for (const { from, to } of pairs) files[`src/${from}/to-${to}.ts`] = `export * from '../${to}/leaf.js'\n`
    const caught = violationsOf(files)
      .filter(({ rule, from }) => rule.startsWith('downwards-only-') && from.includes('/to-'))
      .map(({ from }) => from)
    const upwards = pairs.filter(({ from, to }) => rankOf(from) < rankOf(to))
    expect(caught.sort()).toEqual(upwards.map(({ from, to }) => `src/${from}/to-${to}.ts`).sort())
  })

  describe('catch a planted violation', () => {
    let caught: Violation[] = []
    beforeAll(() => {
      caught = violationsOf(Object.assign({}, healthy, ...plants.map(({ files }) => files)))
    })

    it.each(plants)('$rule: $from → $to', ({ rule, from, to }) => {
      expect(caught.filter((violation) => violation.rule === rule)).toContainEqual({ rule, from, to })
    })

    it('and point at nothing in the healthy part of the tree', () => {
      const healthyFiles = new Set(Object.keys(healthy))
      expect(caught.filter(({ from }) => healthyFiles.has(from))).toEqual([])
    })
  })

  it('keep every room of the core away from files, however indirectly', () => {
    const files: Record<string, string> = { ...healthy }
    for (const room of core) {
      files[`src/${room}/start.ts`] = "export * from './middle.js'\n"
      files[`src/${room}/middle.ts`] = "export { readFile } from 'node:fs/promises'\n"
    }
    const caught = violationsOf(files).filter(({ rule }) => rule === 'core-never-reaches-files')
    const starts = caught.map(({ from }) => from)
    expect(starts).toEqual(expect.arrayContaining(core.map((room) => `src/${room}/start.ts`)))
  })

  it.each([
    ['an adapter', 'src/prisma/extension.ts', { 'src/core.ts': "export * from './prisma/extension.js'\n" }],
    [
      'Prisma through the service',
      'node_modules/@prisma/client/index.js',
      { 'src/service/service.ts': "export * from '@prisma/client'\n" },
    ],
  ])('keep src/core.ts away from %s', (_, to, files) => {
    expect(violationsOf({ ...healthy, ...files })).toContainEqual({
      rule: 'core-entry-needs-no-prisma',
      from: 'src/core.ts',
      to,
    })
  })

  it('each have a planted violation in this file', async () => {
    const config: unknown = (await import(pathToFileURL(`${repository}/.dependency-cruiser.mjs`).href)).default
    const proven = new Set([...plants.map(({ rule }) => rule), 'core-entry-needs-no-prisma'])
    const forbidden = typeof config === 'object' && config !== null && 'forbidden' in config ? config.forbidden : []
    const names = Array.isArray(forbidden) ? forbidden.map((rule: { name: string }) => rule.name) : []
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !name.startsWith('downwards-only-') && !proven.has(name))).toEqual([])
  })
})
