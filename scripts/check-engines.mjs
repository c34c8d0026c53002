/**
 * Checks that every package this project names itself (dependencies, devDependencies, optional and peer dependencies, of
 * the root and of its workspaces), as installed, accepts the oldest Node.js of each line the project promises to run on.
 *
 * Usage: node scripts/check-engines.mjs [--json]     (in the project's folder, after `npm ci`)
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import semver from 'semver'

const OLDEST_NODES = ['20.19.0', '22.12.0']
const GROUPS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } })

const root = process.cwd()
const rootManifest = readManifest(root)
const rows = [root, ...(rootManifest.workspaces ?? []).map((folder) => resolve(root, folder))].flatMap(checkProject)
const failures = rows.filter(({ problem }) => problem !== null)

if (options.json) console.log(JSON.stringify({ nodes: OLDEST_NODES, packages: rows }, null, 2))
else report()
process.exitCode = failures.length === 0 ? 0 : 1

function checkProject(folder) {
  const manifest = readManifest(folder)
  const own = row(manifest, relative(root, folder) || '.', 'itself', manifest.engines?.node)
  const named = new Map(GROUPS.flatMap((group) => Object.keys(manifest[group] ?? {}).map((name) => [name, group])))
  const packages = [...named].flatMap(([name, group]) => {
    const installed = findInstalled(name, folder)
    if (installed !== null) return [row(installed, name, group, installed.engines?.node)]
    const optional = group === 'optionalDependencies' || manifest.peerDependenciesMeta?.[name]?.optional === true
    return optional
      ? []
      : [{ name, version: null, group, engines: null, problem: 'is not installed: run npm ci first' }]
  })
  return [own, ...packages]
}

function row(manifest, name, group, engines = '*') {
  const refused = OLDEST_NODES.filter((node) => !semver.satisfies(node, engines))
  const problem = refused.length === 0 ? null : `refuses Node.js ${refused.join(' and ')}`
  return { name, version: manifest.version ?? null, group, engines, problem }
}

/** Looks where Node.js looks: in node_modules of the folder and of every folder above it, up to the root. */
function findInstalled(name, folder) {
  const path = join(folder, 'node_modules', name)
  if (existsSync(join(path, 'package.json'))) return readManifest(path)
  return folder === root ? null : findInstalled(name, dirname(folder))
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function report() {
  if (failures.length === 0) {
    console.log(`${rows.length} packages accept Node.js ${OLDEST_NODES.join(' and ')}.`)
    return
  }
  const table = [
    ['package', 'version', 'named in', 'engines.node', 'problem'],
    ...failures.map(({ name, version, group, engines, problem }) => [
      name,
      version ?? '-',
      group,
      engines ?? '-',
      problem,
    ]),
  ]
  const widths = table[0].map((_, column) => Math.max(...table.map((cells) => cells[column].length)))
  for (const cells of table) {
    console.error(
      cells
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
  }
  console.error(
    `\n${failures.length} of ${rows.length} packages fail. Choose a version that still accepts these, or drop the package.`,
  )
}
