import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fieldseal } from '../../src/index.js'
import type { TestClient } from '../support/client-types.js'
import { databasesUnderTest } from '../support/databases-under-test.js'
import { prepareSealed, type SealedBench, type SealedClient } from '../support/sealed-client.js'

describe.each(databasesUnderTest())('the check of the session on %s', (database) => {
  let bench: SealedBench
  beforeAll(async () => {
    bench = await prepareSealed({ database })
  })
  afterAll(() => bench?.dispose())

  /** A sealed client whose pool is one connection, with what it sent. */
  function sealedWithLog(): { base: TestClient; sealed: SealedClient; sent: string[] } {
    const base = bench.client({ poolSize: 1, log: [{ emit: 'event', level: 'query' }] })
    const sent: string[] = []
    Reflect.get(base, '$on').call(base, 'query', ({ query }: { query: string }) => sent.push(query))
    const sealed = base.$extends(fieldseal({ policy: bench.policy, kms: bench.kms, cache: { scope: 'process' } }))
    return { base, sealed: sealed as SealedClient, sent }
  }
  const isCheck = (query: string) => /sql_mode|information_schema/.test(query)
  const create = (client: SealedClient, name: string) => client.appSecret.create({ data: { name, value: 'value' } })

  test('happens once for a client on MariaDB, and nowhere else', async () => {
    const { sealed, sent } = sealedWithLog()
    for (const name of ['once-a', 'once-b', 'once-c']) await create(sealed, name)
    expect(sent.filter(isCheck)).toHaveLength(database === 'mariadb' ? 2 : 0)
  })

  test('does not wait for the transaction it is made in', async () => {
    const { sealed } = sealedWithLog()
    await sealed.$fieldseal.ensureTenant('')
    await sealed.$transaction(async (tx) => create(tx as SealedClient, 'inside'), { timeout: 5000 })
    await sealed.$transaction([create(sealed, 'first'), create(sealed, 'second')])
    expect(await sealed.appSecret.count({ where: { name: { in: ['inside', 'first', 'second'] } } })).toBe(3)
  })

  const LOOSE = database === 'mariadb' ? ['NO_ENGINE_SUBSTITUTION', ''] : []
  test.each(LOOSE)('refuses one whose sql_mode is %j, and goes on when it is strict', async (mode) => {
    const { base, sealed } = sealedWithLog()
    await base.$executeRawUnsafe(`SET SESSION sql_mode = '${mode}'`)
    for (const attempt of ['a', 'b']) {
      await expect(create(sealed, `loose-${attempt}`)).rejects.toMatchObject({
        code: 'UNSAFE_DATABASE',
        message: expect.stringContaining('STRICT_TRANS_TABLES'),
      })
    }
    await expect(sealed.appSecret.count()).rejects.toMatchObject({ code: 'UNSAFE_DATABASE' })
    expect(await bench.base.appSecret.count({ where: { name: { startsWith: 'loose' } } })).toBe(0)
    for (const [at, strict] of ['STRICT_ALL_TABLES', 'ANSI,STRICT_TRANS_TABLES'].entries()) {
      await base.$executeRawUnsafe(`SET SESSION sql_mode = '${strict}'`)
      await create(sealed, `strict-${mode}-${at}`)
    }
  })
})
