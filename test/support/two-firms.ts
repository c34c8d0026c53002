import type { StoredRow } from './databases/database.js'
import type { SealedBench } from './sealed-client.js'

/** Two firms with data of the same shapes; everything of the second is marked, so that a leak can be seen. */
export interface TwoFirms {
  readonly ids: { readonly [firm in FirmId]: FirmRows }
  /** Every stored row that belongs to a firm, byte for byte, in a stable order. */
  stored(firm: FirmId): Promise<string>
}

export type FirmId = 'firm_a' | 'firm_b'

export interface FirmRows {
  readonly clients: readonly string[]
  readonly notes: readonly number[]
  readonly user: string
  readonly profile: number
}

/** Stands in every value of the second firm, plain or encrypted. */
export const MARK = 'beta'

export const SSN = { firm_a: '111-11-1111', firm_b: '222-22-2222' } as const

/**
 * Fills an empty database. One tag is shared by clients of both firms. A third client and note of each firm are tangled
 * with the other firm by a writer that knows no tenants: A's note names B's user as author, B's note A's user, and each
 * firm's third client is referred by the other firm's first.
 */
export async function seedTwoFirms(bench: SealedBench): Promise<TwoFirms> {
  await bench.base.firm.create({ data: { id: 'firm_a', name: 'Alpha' } })
  await bench.base.firm.create({ data: { id: 'firm_b', name: 'Bravo' } })
  await bench.base.tag.create({ data: { id: 1, label: 'shared' } })
  const ids = { firm_a: await seedFirm(bench, 'firm_a', 'alpha'), firm_b: await seedFirm(bench, 'firm_b', MARK) }
  for (const [firm, other] of [
    ['firm_a', 'firm_b'],
    ['firm_b', 'firm_a'],
  ] as const) {
    const referredById = ids[other].clients[0]
    await bench.base.client.update({ where: { id: ids[firm].clients[2] }, data: { referredById } })
    await bench.base.note.update({ where: { id: ids[firm].notes[2] }, data: { authorId: ids[other].user } })
  }
  return { ids, stored: (firm) => storedRows(bench, firm) }
}

async function seedFirm({ sealed }: SealedBench, firm: FirmId, mark: string): Promise<FirmRows> {
  return sealed.$fieldseal.withTenant(firm, async () => {
    const user = await sealed.user.create({
      data: { email: `lawyer@${mark}.example`, profile: { create: { bio: `${mark} bio` } } },
      include: { profile: true },
    })
    const clients: string[] = []
    const notes: number[] = []
    for (const at of [0, 1, 2]) {
      const client = await sealed.client.create({
        data: {
          id: `${firm}-client-${at}`,
          name: `${mark} client ${at}`,
          ssn: at === 0 ? SSN[firm] : null,
          email: `${mark}${at}@example.com`,
          phone: `${mark} phone ${at}`,
          city: `${mark} city`,
          intake: { mark },
          scan: new TextEncoder().encode(`${mark} scan`),
          notes: { create: [{ body: `${mark} note ${at}`, author: { connect: { id: String(user.id) } } }] },
          tags: { connect: [{ id: 1 }] },
          ...(at !== 1 ? {} : { referredBy: { connect: { id: clients[0] } } }),
        },
        include: { notes: true },
      })
      clients.push(String(client.id))
      notes.push(Number(client.notes?.[0]?.id))
    }
    return { clients, notes, user: String(user.id), profile: Number(user.profile?.id) }
  })
}

const OWNED = [
  `SELECT * FROM {Client} WHERE {firmId} = '?' ORDER BY {id}`,
  `SELECT * FROM {User} WHERE {firmId} = '?' ORDER BY {id}`,
  `SELECT n.* FROM {Note} n JOIN {Client} c ON c.{id} = n.{clientId} WHERE c.{firmId} = '?' ORDER BY n.{id}`,
  `SELECT p.* FROM {Profile} p JOIN {User} u ON u.{id} = p.{userId} WHERE u.{firmId} = '?' ORDER BY p.{id}`,
  `SELECT t.* FROM {_ClientToTag} t JOIN {Client} c ON c.{id} = t.{A} WHERE c.{firmId} = '?' ORDER BY t.{A}, t.{B}`,
]

async function storedRows({ database, sql }: SealedBench, firm: FirmId): Promise<string> {
  const quote = database === 'mariadb' ? '`' : '"'
  const dumps: StoredRow[][] = []
  for (const query of OWNED) {
    dumps.push(await sql(query.replace('?', firm).replace(/\{(\w+)\}/g, `${quote}$1${quote}`)))
  }
  return JSON.stringify(dumps, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
  })
}
