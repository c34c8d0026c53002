import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { CLIENT_MODEL, createProject, keyModels } from './project.js'

const LIMIT_MS = 30_000
const MODELS = `${CLIENT_MODEL}${keyModels('sqlite')}`
const ADDED = 'model A {\n  id Int @id\n  b String /// @encrypted\n}\n'

it('under --watch the policy and the types of the client follow the schema, and start no further round', async () => {
  const project = await createProject()
  await project.generate()
  const watch = project.watch('--schema', 'prisma')
  const rounds = () => watch.output().match(/Generated fieldseal policy/g)?.length ?? 0
  try {
    await until(() => watch.output().includes('Watching'))
    await until(async () => {
      // A watcher that is not ready yet misses a change, so it is made until it is seen.
      await project.write('prisma/models.prisma', `${MODELS}// ${Date.now()}\n${ADDED}`)
      await sleep(3000)
      return (await project.read('fieldseal/policy.ts')).includes('"A.b"')
    })
    await until(async () => /^ {2}b\?: never$/m.test(await project.read('client/models/A.ts').catch(() => '')))
    const client = await project.read('client/models/Client.ts')
    expect(client).toContain('  balance: Prisma.Decimal | null')
    expect(client).not.toContain('ssnIndex')
    expect(await project.read('prisma/fieldseal.lock')).toContain('"A.b"')
    const settled = await quiet(rounds)
    expect(settled).toBeGreaterThan(0)
    await sleep(2000)
    expect(rounds()).toBe(settled)
  } finally {
    await watch.stop()
    await project.remove()
  }
}, 90_000)

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + LIMIT_MS
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not happen in time')
    await sleep(100)
  }
}

/** The number once it has not grown for a second. */
async function quiet(count: () => number): Promise<number> {
  for (let before = -1; before !== count(); ) {
    before = count()
    await sleep(1000)
  }
  return count()
}
