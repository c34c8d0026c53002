import type { Args } from '../support/client-types.js'
import type { Cell, Shape } from './cells.js'

/** What stands for `Prisma.DbNull` and its like, and for a column of the same type, in the client called. */
export interface Constants {
  null(name: string): unknown
  fieldReference(field: string): unknown
}

/** A cell that nobody has said how to call: Prisma has grown an argument, an operator or a verb. */
export class UncoveredCellError extends Error {
  constructor(cell: Cell, what: string) {
    super(`${cell.name} is not covered: ${what} is not known to the conformance tests`)
    this.name = new.target.name
  }
}

/** What a cell is being filled with values for. */
export interface Sampling {
  readonly cell: Cell
  readonly constants: Constants
  /** The hub whose relations are looked at, and how deep below the outermost it stands. */
  readonly hub: number
  readonly depth: number
}

export type ObjectShape = Extract<Shape, { kind: 'object' }>

/** The members of a shape, each filled. */
export function mapped(shape: ObjectShape, each: (shape: Shape, name: string) => unknown): Args {
  return Object.fromEntries([...shape.members].map(([name, inner]) => [name, each(inner, name)]))
}

export function unknown({ cell }: Sampling, shape: Shape): Error {
  return new UncoveredCellError(cell, shape.kind)
}
