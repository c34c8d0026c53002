import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openSides } from '../clients.mjs'
import { FIELDS } from '../models.mjs'
import { fill } from '../rows.mjs'

const SELECT = { id: true, ...Object.fromEntries(FIELDS.map((field) => [field, true])) }
/** How an application walks so many rows: a page at a time, each beginning behind the last row of the one before. */
const PAGE = 1000

/** Fills the tables that `large` reads. */
export async function fillLarge(prepared, { rows }) {
  const sides = openSides(prepared, 'postgresql')
  for (const name of ['plain', 'fieldseal']) {
    const { client, model, run } = sides[name]
    const count = await run(() => client[model].count())
    if (count < rows) await run(() => client[model].deleteMany())
    if (count < rows) await fill(sides[name], rows)
  }
  await sides.end()
  return { times: {}, facts: {} }
}

/**
 * One side reads very many rows once, in a process that did nothing else: with one `findMany`, or page by page.
 * Memory is the most the process ever held. Delays of the event loop are what a timer that is due every millisecond met:
 * a block of 200 ms makes 200 of them late, as it would make 200 requests that come in meanwhile.
 */
export async function large(prepared, { side: name, rows, paged }) {
  const sides = openSides(prepared, 'postgresql')
  const { client, model, run } = sides[name]
  await run(() => client[model].findMany({ take: 100, select: SELECT }))
  const blocks = watchLoop()
  const monitor = monitorEventLoopDelay({ resolution: 1 })
  monitor.enable()
  const begun = performance.now()
  const read = await run(() => (paged ? readPages(client[model], rows) : readAll(client[model], rows)))
  const milliseconds = performance.now() - begun
  monitor.disable()
  const delays = blocks.stop()
  if (read !== rows) throw new Error(`${name} read ${read} rows, not ${rows}`)
  const facts = {
    milliseconds,
    rss_mb: process.resourceUsage().maxRSS / 1024,
    p99_ms: monitor.percentile(99) / 1e6,
    max_ms: monitor.max / 1e6,
    arrival_p99_ms: delays,
  }
  await sides.end()
  return { times: {}, facts }
}

async function readAll(table, rows) {
  return (await table.findMany({ take: rows, orderBy: { id: 'asc' }, select: SELECT })).length
}

async function readPages(table, rows) {
  let read = 0
  let last
  while (read < rows) {
    const page = await table.findMany({
      take: PAGE,
      ...(last === undefined ? {} : { skip: 1, cursor: { id: last } }),
      orderBy: { id: 'asc' },
      select: SELECT,
    })
    if (page.length === 0) break
    read += page.length
    last = page.at(-1).id
  }
  return read
}

/** Gaps shorter than this delay nobody; a spinning loop makes millions of them. */
const SHORT_MS = 0.5

/** Watches how long whatever comes in at any moment would wait: the 99th percentile over moments, not over turns. */
function watchLoop() {
  const gaps = []
  const begun = performance.now()
  let before = begun
  let isOver = false
  const turn = () => {
    const now = performance.now()
    if (now - before > SHORT_MS) gaps.push(now - before)
    before = now
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  return {
    stop() {
      isOver = true
      return arrivalQuantile(gaps, performance.now() - begun, 0.99)
    },
  }
}

/** Of a gap of g ms, what comes in at a moment t of it waits g − t: the quantile of that over all moments. */
function arrivalQuantile(gaps, total, part) {
  // The time during which one would wait longer than w is Σ max(g − w, 0).
  const late = (wait) => gaps.reduce((sum, gap) => sum + Math.max(gap - wait, 0), 0)
  let low = 0
  let high = gaps.reduce((most, gap) => Math.max(most, gap), 0)
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2
    if (late(middle) > (1 - part) * total) low = middle
    else high = middle
  }
  return high
}
