export { type ContextStorage, createContextStorage, type TenantContext } from './context.js'
export type { ContextLimits } from './ending.js'
