import { curves } from './curves.mjs'
import { guarded } from './guarded.mjs'
import { fillLarge, large } from './large.mjs'
import { operations } from './operations.mjs'
import { values } from './values.mjs'

/** Every suite by its name: takes what was prepared and its settings, and gives times (ms by side) and facts. */
export const SUITES = { curves, guarded, values, operations, fillLarge, large }
