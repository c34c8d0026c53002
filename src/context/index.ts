export { type ContextStorage, createContextStorage, type TenantContext } from './context.js'
