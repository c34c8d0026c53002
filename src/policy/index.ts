export {
  ANNOTATION_NAMES,
  type Annotation,
  type AnnotationArgument,
  type AnnotationName,
  type AnnotationValue,
  printAnnotation,
} from './annotation.js'
export { foldsCase, foldsCaseOnly } from './case-folding.js'
export { type CommentReading, parseComment, readComment } from './comment.js'
export { compilePolicy } from './compile.js'
export { digestOfSource } from './digest.js'
export { droppedAnnotations } from './dropped-annotations.js'
export { compareLock, type Lock, type LockedField, type LockedIndex, lockOf, parseLock, printLock } from './lock.js'
export { NORMALISERS, type NormaliserId } from './normaliser-names.js'
export type * from './policy.js'
export type * from './schema.js'
export type * from './source.js'
export { positionsOf, readSource } from './source-reader.js'
export { editDistance, nearest } from './spelling.js'
