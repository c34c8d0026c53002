import { rmSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { plantFolder, repository, runProgram } from './project-folder.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const check = (folder: string, ...args: string[]) => runProgram('scripts/check-engines.mjs', args, folder)

function project(manifest: object, installed: Readonly<Record<string, object>>) {
  const files = Object.entries(installed).map(
    ([path, entry]) => [`${path}/package.json`, JSON.stringify(entry)] as const,
  )
  const folder = plantFolder({
    'package.json': JSON.stringify({ name: 'planted', version: '1.0.0', engines: { node: '>=20.19' }, ...manifest }),
    ...Object.fromEntries(files),
  })
  folders.push(folder)
  return folder
}

describe('the engines check', () => {
  it('passes in this repository', () => {
    expect(check(repository)).toMatchObject({ code: 0, stderr: '' })
  })

  it.each(['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'])(
    'fails on a package of %s that refuses the oldest Node.js, naming both',
    (group) => {
      const folder = project(
        { [group]: { modern: '^2' } },
        { 'node_modules/modern': { name: 'modern', version: '2.1.0', engines: { node: '>=22' } } },
      )
      const { code, stderr } = check(folder)
      expect(code).toBe(1)
      expect(stderr).toMatch(new RegExp(`modern +2\\.1\\.0 +${group} +>=22 +refuses Node\\.js 20\\.19\\.0$`, 'm'))
    },
  )

  it('fails on a package that leaves out the newer line', () => {
    const folder = project(
      { dependencies: { old: '^1' } },
      { 'node_modules/old': { name: 'old', version: '1.0.0', engines: { node: '^20.0.0' } } },
    )
    expect(check(folder).stderr).toContain('refuses Node.js 22.12.0')
  })

  it('takes a package without engines as one that runs anywhere', () => {
    const folder = project({ dependencies: { any: '^1' } }, { 'node_modules/any': { name: 'any', version: '1.0.0' } })
    expect(check(folder).code).toBe(0)
  })

  it('fails on a package that is named but not installed', () => {
    expect(check(project({ dependencies: { missing: '^1' } }, {})).stderr).toContain('is not installed')
  })

  it('lets an optional peer be absent', () => {
    const manifest = { peerDependencies: { sdk: '^1' }, peerDependenciesMeta: { sdk: { optional: true } } }
    expect(check(project(manifest, {})).code).toBe(0)
  })

  it('looks into workspaces, in their own node_modules first', () => {
    const folder = project(
      { workspaces: ['inner'] },
      {
        inner: { name: 'inner', version: '1.0.0', dependencies: { twice: '^2' } },
        'inner/node_modules/twice': { name: 'twice', version: '2.0.0', engines: { node: '>=24' } },
        'node_modules/twice': { name: 'twice', version: '1.0.0', engines: { node: '>=18' } },
      },
    )
    expect(check(folder).stderr).toMatch(/twice +2\.0\.0/)
  })

  it('fails when the project itself shuts out a Node.js it promises', () => {
    expect(check(project({ engines: { node: '>=22' } }, {})).stderr).toMatch(/^\. +1\.0\.0 +itself +>=22 /m)
  })

  it('prints the same as JSON', () => {
    const folder = project(
      { dependencies: { modern: '^2' } },
      { 'node_modules/modern': { name: 'modern', version: '2.1.0', engines: { node: '>=22' } } },
    )
    const { code, stdout } = check(folder, '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      nodes: ['20.19.0', '22.12.0'],
      packages: [
        { name: '.', problem: null },
        { name: 'modern', problem: 'refuses Node.js 20.19.0' },
      ],
    })
  })
})
