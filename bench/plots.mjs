/**
 * Draws the curves of a run: node bench/plots.mjs RESULT.json [FOLDER]
 * RESULT.json is what `npm run bench -- --out RESULT.json` wrote; FOLDER is docs/performance unless it is given.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { plot } from './plot.mjs'

const PLOTS = {
  rows: { title: 'findMany of so many rows, 5 encrypted fields, PostgreSQL', x: 'rows', y: 'milliseconds' },
  fields: { title: 'findMany of 100 rows with so many encrypted fields, PostgreSQL', x: 'fields', y: 'milliseconds' },
  size: { title: 'one value of so many bytes', x: 'bytes', y: 'milliseconds of processor time' },
  tenants: { title: '1,000 values of so many tenants opened', x: 'tenants', y: 'milliseconds of processor time' },
}

const [result, folder = path.join(import.meta.dirname, '../docs/performance')] = process.argv.slice(2)
const { curves } = JSON.parse(readFileSync(result, 'utf8'))
mkdirSync(folder, { recursive: true })
for (const [name, labels] of Object.entries(PLOTS)) {
  writeFileSync(path.join(folder, `${name}.svg`), plot(curves[name], labels))
}
