const ROWS_PER_STATEMENT = 25

/**
 * A firm to import. Its clients are typed by the generated client: `dob` is a Date, and `firmId` may be left out.
 * @typedef {import('./generated/client/index.js').Prisma.ClientCreateManyInput} NewClient
 * @typedef {NewClient & { id: string, email: string, notes: string[] }} FirmClient
 * @typedef {{ id: string, name: string, clients: FirmClient[] }} Firm
 */

/**
 * Imports a firm and its clients, as the firm itself: `firmId` is filled in from the tenant in context.
 * @param {import('./client.mjs').Client} prisma
 * @param {Firm} firm
 * @param {(count: number) => void} onClients is told how many clients a statement has written.
 */
export async function importFirm(prisma, { id, name, clients }, onClients) {
  await prisma.firm.create({ data: { id, name } })
  await prisma.$fieldseal.withTenant(id, async () => {
    const withNotes = clients.filter(({ notes }) => notes.length > 0)
    const without = clients.filter(({ notes }) => notes.length === 0)
    for (let at = 0; at < without.length; at += ROWS_PER_STATEMENT) {
      const data = without.slice(at, at + ROWS_PER_STATEMENT).map(({ notes: _, ...client }) => client)
      const { count } = await prisma.client.createMany({ data })
      onClients(count)
    }
    for (const { notes, ...client } of withNotes) {
      await prisma.client.create({ data: { ...client, notes: { create: notes.map((body) => ({ body })) } } })
      onClients(1)
    }
  })
}
