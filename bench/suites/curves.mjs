import { inTenant, openSides } from '../clients.mjs'
import { WIDE_FIELDS } from '../models.mjs'
import { fill, text } from '../rows.mjs'
import { aadLength, coreSide } from '../sides/fieldseal.mjs'
import { floorSide } from '../sides/floor.mjs'
import { quantile } from '../statistics.mjs'
import { inTurns, processorTime } from '../turns.mjs'

/** What each thing costs as it grows: medians of a few rounds for every point, for the plots of docs/performance.md. */
export async function curves(prepared, { quick }) {
  const settings = { rounds: quick ? 3 : 9, warmup: 1 }
  const most = quick ? 1000 : 100_000
  return {
    times: {},
    facts: {
      ...(await overDatabase(prepared, most, settings)),
      size: await overSizes(prepared.databases.sqlite.policy, quick ? 65_536 : 1_048_576, settings),
      tenants: await overTenants(prepared.databases.sqlite.policy, quick ? 100 : 1000, settings),
    },
  }
}

/** 1, 10, 100 … up to the most. */
function decades(most) {
  return Array.from({ length: Math.round(Math.log10(most)) + 1 }, (_, at) => 10 ** at)
}

async function overDatabase(prepared, most, settings) {
  const sides = openSides(prepared, 'postgresql')
  const names = ['plain', 'fieldseal']
  try {
    for (const name of names) {
      const { client, model, wide, run } = sides[name]
      const missing = most - (await run(() => client[model].count()))
      if (missing > 0) await fill(sides[name], missing)
      await run(() => client[wide].createMany({ data: Array.from({ length: 100 }, (_, at) => wideRow(at)) }))
    }
    const read = (work) =>
      Object.fromEntries(names.map((name) => [name, { work: () => sides[name].run(() => work(sides[name])) }]))
    const rows = []
    for (const take of decades(most)) {
      const rounds = take > 10_000 ? 3 : settings.rounds
      const times = await inTurns(
        read(({ client, model }) => client[model].findMany({ take, orderBy: { id: 'asc' } })),
        { ...settings, rounds },
      )
      rows.push({ x: take, ...mediansOf(times) })
    }
    const fields = []
    for (const count of [1, 2, 5, 10, 15, 20]) {
      const select = Object.fromEntries(WIDE_FIELDS.slice(0, count).map((name) => [name, true]))
      const times = await inTurns(
        read(({ client, wide }) => client[wide].findMany({ take: 100, select })),
        settings,
      )
      fields.push({ x: count, ...mediansOf(times) })
    }
    return { rows, fields }
  } finally {
    await sides.end()
  }
}

function wideRow(number) {
  return { firmId: 'firm_1', ...Object.fromEntries(WIDE_FIELDS.map((name) => [name, text(`${number}${name}`)])) }
}

/** Opening and sealing one value, by its size, by processor time. */
async function overSizes(policy, most, settings) {
  const floor = floorSide(aadLength())
  const core = coreSide(policy)
  const points = []
  for (let size = 16; size <= most; size *= 4) {
    const count = Math.max(1, Math.min(1000, Math.floor(4_194_304 / size)))
    const values = Array.from({ length: count }, (_, at) => text(at, size))
    const cells = { floor: floor.seal(values), fieldseal: await core.seal(values) }
    const share = count
    const times = await inTurns(
      {
        'seal, node:crypto': { work: () => floor.seal(values), share },
        'seal, fieldseal': { work: () => core.seal(values), share },
        'open, node:crypto': { work: () => floor.open(cells.floor), share },
        'open, fieldseal': { work: () => core.open(cells.fieldseal), share },
      },
      { ...settings, now: processorTime },
    )
    points.push({ x: size, ...mediansOf(times) })
  }
  return points
}

/** A thousand values of so many tenants, each tenant's opened in its own context: keys cold, and keys warm. */
async function overTenants(policy, most, settings) {
  const values = 1000
  const points = []
  for (const tenants of decades(most)) {
    const names = Array.from({ length: tenants }, (_, at) => `firm_${at}`)
    const core = coreSide(policy)
    const cells = []
    for (const name of names) {
      const own = Array.from({ length: values / tenants }, (_, at) => text(at))
      cells.push([name, await core.seal(own, name)])
    }
    const openAll = async () => {
      for (const [name, own] of cells) await inTenant({ $fieldseal: core.service }, () => core.open(own, name), name)
    }
    const forget = () => {
      for (const name of names) core.service.invalidate(name)
    }
    const times = await inTurns(
      { warm: { work: openAll }, cold: { work: openAll, before: forget } },
      { ...settings, now: processorTime },
    )
    points.push({ x: tenants, ...mediansOf(times) })
  }
  return points
}

function mediansOf(times) {
  return Object.fromEntries(Object.entries(times).map(([side, all]) => [side, quantile(all, 0.5)]))
}
