import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isObject } from './json.js'

/** How Node takes a `.js` file, and TypeScript a `.ts` file. */
export type ModuleSystem = 'esm' | 'cjs'

/** By the nearest `package.json` of a folder or one above it, as Node does it; without one, CommonJS. */
export async function moduleSystemOf(folder: string): Promise<ModuleSystem> {
  for (let current = path.resolve(folder); ; current = path.dirname(current)) {
    const manifest = await readManifest(path.join(current, 'package.json'))
    if (manifest !== undefined) return isObject(manifest) && manifest.type === 'module' ? 'esm' : 'cjs'
    if (current === path.dirname(current)) return 'cjs'
  }
}

async function readManifest(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    return undefined
  }
  try {
    return JSON.parse(text)
  } catch {
    // Node refuses to run anything below a broken package.json, and says so itself.
    return null
  }
}
