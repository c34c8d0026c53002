import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from './project-folder.js'

type Versions = Readonly<Record<string, string>>
const manifest: { dependencies: Versions; devDependencies: Versions; peerDependencies?: Versions } = JSON.parse(
  readFileSync(join(repository, 'package.json'), 'utf8'),
)
const page = readFileSync(join(repository, 'docs/dependencies.md'), 'utf8')

/** The packages that have a row of their own in the table under a heading. */
function rowsUnder(heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/^\| `([^`]+)`/gm)].flatMap(([, name]) => name ?? [])
}

describe('docs/dependencies.md', () => {
  it.each([
    ['Dependencies', manifest.dependencies],
    ['Peer dependencies', manifest.peerDependencies ?? {}],
    ['Development dependencies', manifest.devDependencies],
  ])('accounts for each of the %s, and for no other', (heading, versions) => {
    expect(rowsUnder(heading).sort()).toEqual(Object.keys(versions).sort())
  })
})
