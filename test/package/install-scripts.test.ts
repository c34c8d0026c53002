import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { plantFolder, repository, runProgram } from './project-folder.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const check = (folder: string, ...args: string[]) => runProgram('scripts/check-install-scripts.mjs', args, folder)

/** This repository's lock with packages added to it or taken out of it. */
function lockWith(change: (packages: Record<string, object>) => void, files: Readonly<Record<string, string>> = {}) {
  const lock: { packages: Record<string, object> } = JSON.parse(
    readFileSync(join(repository, 'package-lock.json'), 'utf8'),
  )
  change(lock.packages)
  const folder = plantFolder({ 'package-lock.json': JSON.stringify(lock), ...files })
  folders.push(folder)
  return folder
}

describe('the install-script check', () => {
  it('passes in this repository and gives the reason for every exception', () => {
    const { code, stdout } = check(repository, '--json')
    expect(code).toBe(0)
    const report: { found: { reason: string | null }[] } = JSON.parse(stdout)
    expect(report.found.every(({ reason }) => reason !== null && reason.length > 40)).toBe(true)
  })

  it('fails on a locked package with an install script that nobody excused', () => {
    const folder = lockWith((packages) => {
      packages['node_modules/a/node_modules/@scope/native'] = { version: '3.0.0', hasInstallScript: true }
    })
    const { code, stderr } = check(folder)
    expect(code).toBe(1)
    expect(stderr).toContain('@scope/native@3.0.0')
  })

  it('knows an aliased package by its real name', () => {
    const folder = lockWith((packages) => {
      packages['node_modules/prisma'] = { name: 'native', version: '3.0.0', hasInstallScript: true }
    })
    expect(check(folder).stderr).toContain('native@3.0.0')
  })

  it.each([
    ['a script', { 'package.json': JSON.stringify({ scripts: { postinstall: 'node x.js' } }) }],
    ['a native build', { 'package.json': '{}', 'binding.gyp': '{}' }],
  ])('fails on an installed package with %s that the lock does not mention', (_, contents) => {
    const files = Object.fromEntries(
      Object.entries(contents).map(([name, text]) => [`node_modules/quiet/${name}`, text]),
    )
    const folder = lockWith((packages) => {
      packages['node_modules/quiet'] = { version: '1.0.0' }
    }, files)
    expect(check(folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('quiet@1.0.0') })
  })

  it('fails on an excuse that nothing needs any more', () => {
    const folder = lockWith((packages) => {
      for (const path of Object.keys(packages)) if (path.endsWith('node_modules/@prisma/engines')) delete packages[path]
    })
    expect(check(folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('@prisma/engines is excused') })
  })
})
