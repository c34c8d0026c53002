export { type Catalog, createCatalog, type SealedField, type TaggedIndex } from './catalog.js'
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
