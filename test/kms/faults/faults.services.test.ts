import { describe } from 'vitest'
import { kmsFaults } from './suite.js'

describe.each(['postgresql', 'mariadb'] as const)('on %s,', (database) => kmsFaults(database, { isWhole: false }))
