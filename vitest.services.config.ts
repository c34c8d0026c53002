import { configuration } from './vitest.config.js'

export default configuration({ globalSetup: ['test/support/services.ts'] })
