export * from './definition.js'
export * from './normalisers.js'
export * from './tag.js'
