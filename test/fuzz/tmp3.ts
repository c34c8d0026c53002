import { prepareTwins } from './twins.js'
const twins = await prepareTwins((process.argv[2] ?? 'sqlite') as any)
const s: any = twins.sealed.client, p: any = twins.plain.get('firm_a')!.client
const both = async (name: string, f: (c: any) => any) => { const show = async (w: any) => { try { return JSON.stringify(await w()) } catch (e: any) { return `${e.code} ${e.message.slice(-160)}` } }
  const a = await show(() => s.$fieldseal.withTenant('firm_a', () => f(s))), b = await show(() => f(p)); console.log(a === b ? 'same' : 'DIFF', name, a, a === b ? '' : b) }
await both('seed', (c) => c.user.create({ data: { id: 1, login: 'x', firmId: 'firm_a', profile: {create: {id: 1, bio: 'x'}} } }))
await both('seed', (c) => c.client.create({ data: { id: 1, name: 'x', firmId: 'firm_a' } }))
await both('seed', (c) => c.note.create({ data: { id: 1, body: 'x', client: {connect: {id: 1}}, author: {connect: {id: 1}} } }))
await both('seed', (c) => c.note.create({ data: { id: 2, body: 'x', client: {connect: {id: 1}} } }))
const tries: [string, any][] = [
 ['author update bare', {author: {update: {nickname: 'n'}}}],
 ['author update where', {author: {update: {where: {active: true}, data: {nickname: 'n'}}}}],
 ['author update where firmId', {author: {update: {where: {firmId: 'firm_a'}, data: {nickname: 'n'}}}}],
 ['author upsert', {author: {upsert: {create: {id: 9, login: 'y', firmId: 'firm_a'}, update: {nickname: 'n'}}}}],
 ['author upsert where', {author: {upsert: {where: {active: true}, create: {id: 9, login: 'y', firmId: 'firm_a'}, update: {nickname: 'n'}}}}],
 ['author disconnect where', {author: {disconnect: {active: true}}}],
 ['author disconnect true', {author: {disconnect: true}}],
 ['author upsert when none', {author: {upsert: {create: {id: 9, login: 'y', firmId: 'firm_a'}, update: {nickname: 'n'}}}}],
 ['author delete where', {author: {delete: {active: true}}}],
 ['client update bare', {client: {update: {alias: 'n'}}}],
 ['client upsert', {client: {upsert: {create: {id: 9, name: 'y', firmId: 'firm_a'}, update: {alias: 'n'}}}}],
 ['client upsert where', {client: {upsert: {where: {city: null}, create: {id: 9, name: 'y', firmId: 'firm_a'}, update: {alias: 'n'}}}}],
]
for (const [name, data] of tries) await both(name, (c) => c.note.update({where: {id: 1}, data, include: {author: true, client: true}}))
for (const [name, data] of [
 ['profile update bare', {profile: {update: {rank: 1}}}],['profile update where', {profile: {update: {where: {rank: 1}, data: {rank: 2}}}}],
 ['profile upsert', {profile: {upsert: {create: {id: 7}, update: {rank: 3}}}}],['profile upsert where', {profile: {upsert: {where: {rank: 3}, create: {id: 7}, update: {rank: 4}}}}], ['profile upsert where no', {profile: {upsert: {where: {rank: 33}, create: {id: 7}, update: {rank: 4}}}}],['profile delete where', {profile: {delete: {rank: 4}}}],
] as [string, any][]) await both(name, (c) => c.user.update({where: {id: 1}, data, include: {profile: true}}))
await twins.dispose()
