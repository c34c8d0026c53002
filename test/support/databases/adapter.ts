import { type PrismaVersion, requireFrom } from '../prisma-versions.js'

/** Makes a driver adapter of that Prisma version: `exports[name]` of the package, whichever of the names it has. */
export function newAdapter(
  version: PrismaVersion,
  pack: string,
  names: readonly string[],
  ...args: unknown[]
): unknown {
  const exports: unknown = requireFrom(version)(pack)
  const found = names.map((name) => Reflect.get(Object(exports), name)).find((value) => typeof value === 'function')
  if (found === undefined) throw new Error(`${pack} of Prisma ${version} exports none of ${names.join(', ')}`)
  return Reflect.construct(found, args)
}
