/**
 * The import rules of the house. Every folder of src/ has a rank; a file imports from its own rank or from below, never
 * from above. A new folder gets a rank here before anything in it can import or be imported.
 */
const RANKS = [
  ['errors'],
  ['crypto'],
  ['message', 'codecs', 'policy'],
  ['blind-index', 'keys', 'kms', 'context', 'sql'],
  ['sealer'],
  ['service'],
  ['prisma', 'generator', 'middleware', 'migration', 'jobs', 'access', 'audit', 'metrics'],
  ['cli'],
]

/** What a second adapter stands on: free of Prisma, cloud SDKs, files, network and processes, however indirectly. */
const CORE = ['crypto', 'policy', 'codecs', 'message', 'blind-index', 'sealer']

/** One file (or one folder, or `name-….ts` files) of src/kms per provider, and the SDK only that provider may load. */
const PROVIDERS = { local: null, aws: '@aws-sdk/', gcp: '@google-cloud/', azure: '@azure/', vault: null }

/** What users import: everything, and everything but the Prisma adapter. */
const ENTRIES = '^src/(index|core)\\.ts$'

/** `testing` is for users' own tests. It may import what lies below `service`; nothing in src/ imports it. */
const TESTING = 'testing'

const rooms = (names) => `^src/(${names.join('|')})/`
const builtin = (names) => `^(node:)?(${names.join('|')})(/|$)`
const npmPackage = (prefix) => `(^|node_modules/)${prefix}`
const providerFiles = (name) => `^src/kms/${name}[-./]`

const allRooms = [...RANKS.flat(), TESTING]
const fromService = RANKS.findIndex((names) => names.includes('service'))
const prismaPackages = [npmPackage('@prisma/'), npmPackage('prisma/'), '^prisma$']
const sdks = Object.values(PROVIDERS).filter((sdk) => sdk !== null)

const upwardImports = RANKS.flatMap((names, rank) => {
  const above = RANKS.slice(rank + 1).flat()
  return above.length === 0
    ? []
    : [
        {
          name: `downwards-only-from-${names.join('-')}`,
          comment: `Imports point downwards: ${names.join(', ')} may not import ${above.join(', ')}.`,
          severity: 'error',
          from: { path: rooms(names) },
          to: { path: rooms(above) },
        },
      ]
})

const providerRules = Object.entries(PROVIDERS).flatMap(([name, sdk]) => [
  {
    name: `kms-${name}-stands-alone`,
    comment: 'A provider imports crypto, errors and the KMS port, and no other provider.',
    severity: 'error',
    from: { path: providerFiles(name) },
    to: {
      path: Object.keys(PROVIDERS)
        .filter((other) => other !== name)
        .map(providerFiles),
    },
  },
  ...(sdk === null
    ? []
    : [
        {
          name: `kms-${name}-owns-its-sdk`,
          comment: `${sdk}* is an optional peer: only the provider that needs it may load it.`,
          severity: 'error',
          from: { pathNot: providerFiles(name) },
          to: { path: npmPackage(sdk) },
        },
      ]),
])

const unreachableFromCore = [
  ['prisma', prismaPackages],
  ['kms-sdk', sdks.map(npmPackage)],
  ['files', [builtin(['fs'])]],
  ['network', [builtin(['net', 'tls', 'dgram', 'dns', 'http', 'https', 'http2'])]],
  ['processes', [builtin(['child_process', 'cluster', 'worker_threads'])]],
].map(([name, path]) => ({
  name: `core-never-reaches-${name}`,
  comment: `${CORE.join(', ')} must not reach this, directly or through what they import.`,
  severity: 'error',
  from: { path: rooms(CORE) },
  to: { path, reachable: true },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...upwardImports,
    ...providerRules,
    ...unreachableFromCore,
    {
      name: 'kms-is-self-contained',
      comment: 'The KMS port and its providers import crypto and errors only.',
      severity: 'error',
      from: { path: '^src/kms/', pathNot: '^src/kms/config/' },
      to: { path: '^src/', pathNot: rooms(['kms', 'crypto', 'errors']) },
    },
    {
      name: 'kms-config-knows-no-policy',
      comment: 'Reading a configuration needs the nearest spelling of a word besides, and nothing else of policy.',
      severity: 'error',
      from: { path: '^src/kms/config/' },
      to: { path: '^src/', pathNot: [rooms(['kms', 'crypto', 'errors']), '^src/policy/spelling\\.ts$'] },
    },
    {
      name: 'crypto-owns-node-crypto',
      comment: 'Primitives are called in src/crypto and nowhere else.',
      severity: 'error',
      from: { pathNot: '^src/crypto/' },
      to: { path: builtin(['crypto']), dependencyTypes: ['core'] },
    },
    {
      name: 'testing-stays-below-service',
      comment: 'What users import in their tests needs neither the service nor an adapter.',
      severity: 'error',
      from: { path: rooms([TESTING]) },
      to: { path: rooms(RANKS.slice(fromService).flat()) },
    },
    {
      name: 'testing-is-for-tests',
      comment: 'Test doubles must not reach the code that ships.',
      severity: 'error',
      from: { pathNot: rooms([TESTING]) },
      to: { path: rooms([TESTING]) },
    },
    {
      name: 'entries-are-for-users',
      comment:
        'src/index.ts and src/core.ts re-export the public surface. Inside, import from the folder that owns the thing.',
      severity: 'error',
      from: { pathNot: '^src/index\\.ts$' },
      to: { path: ENTRIES },
    },
    {
      name: 'core-entry-needs-no-prisma',
      comment:
        'src/core.ts is for those who have no Prisma: it reaches neither Prisma nor what stands above the service.',
      severity: 'error',
      from: { path: '^src/core\\.ts$' },
      to: { path: [...prismaPackages, rooms(RANKS.slice(fromService + 1).flat())], reachable: true },
    },
    {
      name: 'every-folder-has-a-rank',
      comment: 'Give the new folder a rank in .dependency-cruiser.mjs, so that the import rule covers it.',
      severity: 'error',
      from: { path: '^src/', pathNot: [rooms(allRooms), ENTRIES] },
      to: {},
    },
    {
      name: 'every-imported-folder-has-a-rank',
      comment: 'Give the new folder a rank in .dependency-cruiser.mjs, so that the import rule covers it.',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: [rooms(allRooms), ENTRIES] },
    },
    {
      name: 'inside-src-only',
      comment: 'What ships does not import tests, scripts, examples or build output.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['local'], pathNot: '^src/' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-folder-cycles',
      comment: 'Folders of one rank may lean on each other in one direction only.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'declared-packages-only',
      comment:
        'What ships imports dependencies and peer dependencies of package.json, never devDependencies or strays.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        pathNot: '^[.]',
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-bundled', 'unknown', 'undetermined'],
        dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional'],
      },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that cannot be resolved is one that no other rule can see.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
}
