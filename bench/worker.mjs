/** One measuring process: runs a suite and sends what it found to the process that started it. */
import { readFileSync } from 'node:fs'
import { SUITES } from './suites/index.mjs'

const [suite, file, settings] = process.argv.slice(2)
const prepared = JSON.parse(readFileSync(file, 'utf8'))
const found = await SUITES[suite](prepared, JSON.parse(settings))
process.send(found, () => process.disconnect())
