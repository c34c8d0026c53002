import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { REPOSITORY } from '../support/prisma-versions.js'
import { CLIENT_MODEL, createProject, keyModels, type Project, type SchemaParts } from './project.js'

const CONSUMER = `
import type { EncryptionPolicy } from 'fieldseal' ATTRIBUTES
import { policy } from './fieldseal/policyEXTENSION'

export const whole: EncryptionPolicy = policy
export const id: 'Client.ssn' = policy.models.Client.fields.ssn.encrypted.fieldId
export const tenant: readonly ['firmId'] = policy.models.Client.tenant.path
export const balance: string = new policy.runtime.Decimal('1.5').toFixed(2)
// @ts-expect-error a field that the schema does not have
policy.models.Client.fields.nothing
`

const BASE = { target: 'es2022', strict: true, noEmit: true, skipLibCheck: true, types: ['node'] }

interface Consumer extends SchemaParts {
  readonly name: string
  readonly manifest: string
  readonly module: string
  readonly moduleResolution: string
  /** Behind the policy's name. */
  readonly extension?: string
  readonly attributes?: string
}

const CONSUMERS: readonly Consumer[] = [
  { name: 'ES modules, nodenext', manifest: '{ "type": "module" }', module: 'nodenext', moduleResolution: 'nodenext' },
  { name: 'a bundler, no extensions', manifest: '{}', module: 'esnext', moduleResolution: 'bundler', extension: '' },
  {
    name: 'CommonJS, node16',
    manifest: '{}',
    module: 'node16',
    moduleResolution: 'node16',
    attributes: "with { 'resolution-mode': 'import' }",
  },
  {
    name: 'prisma-client-js, ES modules',
    client: 'prisma-client-js',
    manifest: '{ "type": "module" }',
    module: 'nodenext',
    moduleResolution: 'nodenext',
  },
  {
    name: 'prisma-client-js of 6.16, CommonJS',
    prisma: '6.16',
    client: 'prisma-client-js',
    manifest: '{}',
    module: 'nodenext',
    moduleResolution: 'nodenext',
  },
]

describe('the policy type-checks, with its literal types, in', () => {
  let project: Project | undefined
  afterEach(() => project?.remove())

  it.each(CONSUMERS)(
    '$name',
    { timeout: 60_000 },
    async ({ manifest, extension = '.js', attributes = '', ...rest }) => {
      const { module, moduleResolution } = rest
      const compilerOptions = { ...BASE, module, moduleResolution }
      const consumer = CONSUMER.replace('EXTENSION', extension).replace('ATTRIBUTES', attributes)
      project = await createProject(
        {
          'package.json': manifest,
          // The client's own imports follow the tsconfig, and so must ours.
          'tsconfig.json': JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
          'consumer.ts': consumer,
          'prisma/models.prisma': `${CLIENT_MODEL}${keyModels('sqlite')}`,
        },
        rest,
      )
      expect(await project.generate()).toMatchObject({ code: 0 })
      // One compiler in JavaScript is enough: it takes seconds.
      expect(await typeErrors(project, extension === '' ? 'typescript' : 'typescript-7')).toBe('')
    },
  )
})

it('the module that throws type-checks too: the one error to be seen is why there is no policy', async () => {
  const project = await createProject({
    'prisma/models.prisma': CLIENT_MODEL,
    'tsconfig.json': JSON.stringify({
      compilerOptions: { ...BASE, module: 'nodenext' },
      files: ['consumer.ts'],
    }),
    'consumer.ts': `import type { EncryptionPolicy } from 'fieldseal'\nimport { policy } from './fieldseal/policy.js'\nexport const p: EncryptionPolicy = policy\n`,
  })
  try {
    expect(await project.generate()).toMatchObject({ code: 1 })
    expect(await typeErrors(project, 'typescript-7')).toBe('')
  } finally {
    await project.remove()
  }
}, 60_000)

async function typeErrors(project: Project, compiler: string): Promise<string> {
  const tsc = path.join(REPOSITORY, 'node_modules', compiler, 'bin/tsc')
  const run = promisify(execFile)(process.execPath, [tsc, '-p', project.at('tsconfig.json')])
  return run.then(
    () => '',
    (error: { stdout?: string }) => error.stdout ?? String(error),
  )
}
