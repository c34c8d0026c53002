export * from './cell.js'
export * from './field-key.js'
export * from './size.js'
