import { quantile, ratio, summary } from './statistics.mjs'

/** Ratios by the name of their key: what is measured, the side on top, and the side below. */
const RATIOS = {
  seal_vs_floor: ['seal', 'fieldseal', 'floor'],
  open_vs_floor: ['open', 'fieldseal', 'floor'],
  tag_vs_floor: ['tag', 'fieldseal', 'floor'],
  seal_vs_pfe: ['seal_cloak', 'fieldseal', 'cloak'],
  open_vs_pfe: ['open_cloak', 'fieldseal', 'cloak'],
  seal_in_prisma_vs_pfe: ['seal_in_prisma', 'fieldseal', 'pfe'],
  open_in_prisma_vs_pfe: ['open_in_prisma', 'fieldseal', 'pfe'],
  seal_vs_ciphersweet: ['seal', 'fieldseal', 'ciphersweet'],
  open_vs_ciphersweet: ['open', 'fieldseal', 'ciphersweet'],
  ...Object.fromEntries(['pg', 'sqlite'].flatMap((suffix) => againstPlain(suffix))),
}

function againstPlain(suffix) {
  return ['read_1000x5', 'write_1000x5', 'find_unique', 'find_by_index'].flatMap((measure) =>
    ['plain', 'pfe'].map((side) => {
      // Look-ups are judged on PostgreSQL: there the key has no suffix.
      const place = measure.startsWith('find') && suffix === 'pg' ? '' : `_${suffix}`
      return [`${measure}_vs_${side}${place}`, [`${measure}_${suffix}`, 'fieldseal', side]]
    }),
  )
}

/** What must hold: the median of a key is at most that. */
const BARS = {
  open_vs_floor: 1.25,
  seal_vs_floor: 1.25,
  open_vs_pfe: 0.5,
  seal_vs_pfe: 0.4,
  find_unique_vs_plain: 1.15,
  find_by_index_vs_plain: 1.15,
  event_loop_p99_ms: 25,
  rss_100k_rows_vs_plain: 1.5,
}

/** Keys that these times and facts give. */
export function keysOf(times, facts) {
  const keys = {}
  for (const [key, [measure, over, under]] of Object.entries(RATIOS)) {
    const sides = times[measure]
    if (sides?.[over] === undefined || sides[under] === undefined) continue
    keys[key] = { ...ratio(sides[over], sides[under]), ms: mediansOf(sides) }
  }
  if (facts.bytes_overhead_50 !== undefined) keys.bytes_overhead_50 = { median: facts.bytes_overhead_50 }
  return keys
}

/** Keys of reading very many rows. The delays are those of paging; of one answer with all rows, they are details. */
export function largeKeys(runs) {
  const of = (side, paged, fact) =>
    runs.filter((run) => run.side === side && run.paged === paged).map((run) => run[fact])
  return {
    event_loop_p99_ms: summary(of('fieldseal', true, 'p99_ms')),
    event_loop_p99_plain_ms: summary(of('plain', true, 'p99_ms')),
    event_loop_p99_one_answer_ms: summary(of('fieldseal', false, 'p99_ms')),
    event_loop_p99_one_answer_plain_ms: summary(of('plain', false, 'p99_ms')),
    event_loop_longest_one_answer_ms: summary(of('fieldseal', false, 'max_ms')),
    event_loop_longest_one_answer_plain_ms: summary(of('plain', false, 'max_ms')),
    rss_100k_rows_mb: summary(of('fieldseal', false, 'rss_mb')),
    rss_100k_rows_plain_mb: summary(of('plain', false, 'rss_mb')),
    rss_100k_rows_vs_plain: ratio(of('fieldseal', false, 'rss_mb'), of('plain', false, 'rss_mb')),
  }
}

/** Each bar whose key was measured: it is missed if the whole range between the quartiles lies over it. */
export function barsOf(keys) {
  return Object.fromEntries(
    Object.entries(BARS)
      .filter(([key]) => keys[key] !== undefined)
      .map(([key, bar]) => {
        const { median, low = median } = keys[key]
        return [key, { bar, median, holds: median <= bar, missed: low > bar }]
      }),
  )
}

function mediansOf(sides) {
  return Object.fromEntries(Object.entries(sides).map(([name, times]) => [name, quantile(times, 0.5)]))
}
