export { type Catalog, createCatalog, type SealedField, type TaggedIndex } from './catalog.js'
export { createOpener, type Opener } from './opener.js'
export { type Interruptible, inSlices } from './pace.js'
export {
  type CellBatch,
  indexTenant,
  type OpenItem,
  open,
  readCells,
  type SealItem,
  type StoredCell,
  seal,
  type TagItem,
  tag,
} from './sealer.js'
export { createNamedKeys, type NamedKeys } from './stored-keys.js'
