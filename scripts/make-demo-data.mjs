/**
 * Writes examples/data/clients.json: invented clients of two invented law firms. The same seed gives the same file.
 *
 * Nobody is meant by it: social security numbers are from the area 900–999, which is never issued, telephone numbers from
 * 555-0100 to 555-0199, which are kept for fiction, and e-mail addresses end in example.com and example.org (RFC 2606).
 *
 * Usage: node scripts/make-demo-data.mjs [--check]     (--check writes nothing and exits 1 if the file differs)
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const SEED = 20_240_917
const CLIENTS_PER_FIRM = 150
const LINE_WIDTH = 120
const FILE = new URL('../examples/data/clients.json', import.meta.url)

const FIRMS = [
  { id: 'firm_meridian', name: 'Meridian & Vale LLP' },
  { id: 'firm_northgate', name: 'Northgate Legal Group' },
]

const GIVEN =
  'Amelia Benjamin Carmen Derek Elena Farid Grace Hector Imani Jonas Katherine Leon Miriam Nathan Olivia Patrick Quentin Rosa Samuel Tamara Ulrich Vanessa Walter Ximena Yusuf Zachary Beatrice Clifford Dorothy Everett'.split(
    ' ',
  )
const FAMILY =
  'Abernathy Blackwood Castellanos Donnelly Eastwood Fairbanks Goldstein Hawthorne Iverson Jankowski Kowalski Lindqvist Montgomery Nakamura Oyelaran Pemberton Quigley Rodriguez Sutherland Thornton Underhill Vandermeer Whitfield Yamamoto Zimmerman Ashworth Bellweather Crawford Delacroix Ellsworth'.split(
    ' ',
  )
const UNUSUAL_NAMES = [
  'Zoë Núñez-O’Brien',
  'Łukasz Żółkiewski',
  'Søren Ångström',
  'Δημήτρης Παπαδόπουλος',
  'Нина Соколова',
  '山田花子 (Hanako Yamada)',
  'Siân Ó Súilleabháin',
  'Đặng Thị Ngọc Ánh',
]
const CITIES = [
  'Springfield',
  'Riverside',
  'Georgetown',
  'Greenville',
  'Fairview Heights',
  'Lake Harmony',
  'Oak Harbor',
]
const AREAS = ['202', '212', '303', '415', '503', '617', '713', '808']
const MATTERS = [
  'Estate planning',
  'Wrongful dismissal',
  'Divorce and custody',
  'Personal injury',
  'Landlord dispute',
  'Immigration appeal',
  'Contract review',
  'Bankruptcy filing',
]
const SOURCES = ['Referred by a client', 'Bar association list', 'Walked in unannounced', 'Found on the web']
const CONFLICTS = ['No conflict found', 'Opposing party is a former client', 'Cleared by the partners']
const NOTES = [
  (matter) => `First meeting about ${matter.toLowerCase()}; will send documents by Friday.`,
  () => 'Prefers to be called in the evening. Do not leave messages with the family.',
  () => 'Diagnosed last spring; asked us to keep the medical file out of the first filing.',
  () => 'Paid the retainer in cash. Receipt is in the safe.',
  (matter) => `Second opinion on ${matter.toLowerCase()} wanted before signing anything.`,
  () => 'Owes about $48,000 on two cards, both sent to collections.',
  () => 'Former employer offered a settlement; the sum is confidential.',
]

/** Mulberry32: a small generator of 32-bit numbers, enough for made-up data and nothing else. */
function randomSource(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = randomSource(SEED)
const below = (limit) => Math.floor(random() * limit)
const pick = (list) => list[below(list.length)]
const digits = (number, length) => String(number).padStart(length, '0')
const usedSsns = new Set()

function newSsn() {
  for (;;) {
    const ssn = `${900 + below(100)}-${digits(1 + below(99), 2)}-${digits(1 + below(9999), 4)}`
    if (usedSsns.has(ssn)) continue
    usedSsns.add(ssn)
    return ssn
  }
}

function newClient(firm, number) {
  const unusual = number % 19 === 0 ? UNUSUAL_NAMES[(number / 19) % UNUSUAL_NAMES.length] : undefined
  const [given, family] = [pick(GIVEN), pick(FAMILY)]
  const matter = pick(MATTERS)
  return {
    id: `${firm.id.slice('firm_'.length)}-${digits(number + 1, 3)}`,
    name: unusual ?? `${given} ${family}`,
    ssn: newSsn(),
    email: `${given}.${family}${number + 1}@example.${pick(['com', 'org'])}`.toLowerCase(),
    phone: `(${pick(AREAS)}) 555-01${digits(below(100), 2)}`,
    dob: `${1938 + below(66)}-${digits(1 + below(12), 2)}-${digits(1 + below(28), 2)}`,
    city: pick(CITIES),
    intake: {
      matter,
      source: pick(SOURCES),
      conflictCheck: pick(CONFLICTS),
      dependants: below(5),
      incomeUsd: 1000 * (18 + below(200)),
      urgent: random() < 0.2,
    },
    notes: Array.from({ length: [0, 1, 1, 2][below(4)] }, () => pick(NOTES)(matter)),
  }
}

function makeData() {
  const firms = FIRMS.map((firm) => ({
    ...firm,
    clients: Array.from({ length: CLIENTS_PER_FIRM }, (_, number) => newClient(firm, number)),
  }))
  // One person is a client of both firms: the same number, and yet two tags that nobody can match.
  const [{ clients: ours }, { clients: theirs }] = firms
  const { name, ssn, email, phone, dob, city } = ours[1]
  theirs[1] = { ...theirs[1], name, ssn, email, phone, dob, city }
  return { firms }
}

/** Lists of one note on one line, where the project's formatter would put them. */
function withShortLists(json) {
  return json.replace(/^( *"notes": )\[\n *(".*")\n *\]/gm, (list, key, note) => {
    const line = `${key}[${note}]`
    return line.length <= LINE_WIDTH ? line : list
  })
}

const { values: options } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
const text = `${withShortLists(JSON.stringify(makeData(), null, 2))}\n`
if (!options.check) writeFileSync(FILE, text)
else if (readFileSync(FILE, 'utf8') !== text) {
  console.error('examples/data/clients.json differs from what this script makes: run it without --check.')
  process.exitCode = 1
}
