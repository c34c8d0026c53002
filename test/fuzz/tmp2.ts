import { prepareTwins } from './twins.js'
const twins = await prepareTwins((process.argv[2] ?? 'sqlite') as any)
const s: any = twins.sealed.client, p: any = twins.plain.get('firm_a')!.client
const both = async (name: string, f: (c: any) => any) => { const show = async (w: any) => { try { return JSON.stringify(await w()) } catch (e: any) { return `${e.code} ${e.message.slice(-160)}` } }
  const a = await show(() => s.$fieldseal.withTenant('firm_a', () => f(s))), b = await show(() => f(p)); console.log(a === b ? 'same' : 'DIFF', name, a, a === b ? '' : b) }
await both('seed', (c) => c.user.create({ data: { id: 1, login: 'x', firmId: 'firm_a', ...(c === p ? {} : {}) } }))
await both('seed', (c) => c.client.create({ data: { id: 1, name: 'x', firmId: 'firm_a' } }))
await both('seed', (c) => c.note.create({ data: { id: 1, body: 'x', client: {connect: {id: 1}}, author: {connect: {id: 1}} } }))
await both('seed', (c) => c.note.create({ data: { id: 2, body: 'x', client: {connect: {id: 1}} } }))
const q = (where: any) => both(JSON.stringify(where), async (c) => (await c.note.findMany({ where, orderBy: {id: 'asc'} })).map((n: any) => n.id))
for (const w of [{author: {}}, {author: {is: {}}}, {author: {isNot: {}}}, {NOT: {author: {}}}, {NOT: {author: {is: {}}}}, {NOT: {author: {isNot: {}}}}, {author: {AND: []}}, {author: {OR: []}}, {author: {NOT: {}}}, {author: {is: {AND: {}}}}, {author: {isNot: {AND: {}}}}, {author: {isNot: {OR: []}}}, {author: {isNot: {OR: [{}]}}}, {author: {is: {OR: [{}]}}}]) await q(w)
const r = (where: any) => both(JSON.stringify(where), async (c) => (await c.firm.findMany({ where, orderBy: {id: 'asc'} })).map((n: any) => n.id))
for (const w of [{users: {}}, {users: {some: {}}}, {users: {every: {}}}, {users: {none: {}}}, {NOT: {users: {some: {}}}}, {NOT: {users: {every: {}}}}, {NOT: {users: {none: {}}}}, {users: {every: {AND: {}}}},{users: {every: {OR: []}}},{users: {every: {NOT: {}}}},{users: {some: {OR: []}}},{users: {none: {OR: []}}},{users: {every: {OR: [{}]}}},{users: {every: {NOT: {NOT: {}}}}}]) await r(w)
await twins.dispose()
