export { DEFAULT_RESILIENCE, type ResilienceOptions } from './options.js'
export { resilientKms } from './resilient-kms.js'
