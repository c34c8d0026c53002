import { kmsFaults } from './suite.js'

kmsFaults('sqlite', { isWhole: true })
