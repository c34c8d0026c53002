import { FIELDS, TENANT } from './models.mjs'

/** Text of that many characters, different for every number. */
export function text(number, length = 50) {
  return `value ${number} `.padEnd(length, 'abcdefghijklmnopqrstuvwxyz').slice(0, length)
}

/** A person whose five fields are 50 characters each and different from everybody else's. */
export function person(number) {
  return { firmId: TENANT, ...Object.fromEntries(FIELDS.map((field) => [field, text(`${number}${field}`)])) }
}

export function people(count, from = 0) {
  return Array.from({ length: count }, (_, at) => person(from + at))
}

/** Fills a side's table, a thousand rows a statement. */
export async function fill({ client, model, run }, count) {
  for (let from = 0; from < count; from += 1000) {
    await run(() => client[model].createMany({ data: people(Math.min(1000, count - from), from) }))
  }
}
