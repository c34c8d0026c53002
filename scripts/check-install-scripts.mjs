/**
 * Checks that nothing in package-lock.json needs an install script. Many machines block them (`npm ci --ignore-scripts`),
 * so a package with one is allowed only if the project works without it, for the reason given here.
 *
 * Usage: node scripts/check-install-scripts.mjs [--json]     (in the project's folder)
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** Package name → why everything works when its install script never ran. */
const NOT_NEEDED = {
  protobufjs: 'its script only warns about a version range in the package.json of who installs it',
  'sodium-native':
    'its script compiles only where it ships no binary; a peer of ciphersweet-js, which bench/ runs on node:crypto, and which works without it',
  prisma: 'its script only refuses Node.js versions that Prisma does not support; the package is complete without it',
  '@prisma/client': 'Prisma 6 only: its script runs `prisma generate`, which the tests run themselves for every client',
  '@prisma/engines':
    'its script downloads the schema engine; `generate` runs without one, and tests apply SQL made by its WebAssembly build',
}

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } })

const root = process.cwd()
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const found = Object.entries(lock.packages)
  .filter(([path]) => path.includes('node_modules/'))
  .filter(([path, entry]) => entry.hasInstallScript === true || installedWithScript(path))
  .map(([path, { name, version }]) => {
    const packageName = name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const reason = Object.hasOwn(NOT_NEEDED, packageName) ? NOT_NEEDED[packageName] : null
    return { path, name: packageName, version, reason }
  })
const refused = found.filter(({ reason }) => reason === null)
const stale = Object.keys(NOT_NEEDED).filter((name) => found.every((entry) => entry.name !== name))

if (options.json) console.log(JSON.stringify({ found, refused, stale }, null, 2))
else report()
process.exitCode = refused.length === 0 && stale.length === 0 ? 0 : 1

/** The lock's flag comes from the registry; what npm would really run is in the installed package itself. */
function installedWithScript(path) {
  const manifest = join(root, path, 'package.json')
  if (!existsSync(manifest)) return false
  const { scripts = {}, gypfile } = JSON.parse(readFileSync(manifest, 'utf8'))
  const builds = existsSync(join(root, path, 'binding.gyp')) && gypfile !== false
  return builds || ['preinstall', 'install', 'postinstall'].some((name) => scripts[name] !== undefined)
}

function report() {
  for (const { name, version, path } of refused) {
    console.error(`${name}@${version} (${path}) has an install script. Use another package, or prove that the project`)
    console.error('works without the script and write the reason into scripts/check-install-scripts.mjs.')
  }
  for (const name of stale) {
    console.error(
      `${name} is excused in scripts/check-install-scripts.mjs, but nothing of that name has an install script.`,
    )
    console.error('Remove the line.')
  }
  if (refused.length + stale.length > 0) return
  console.log(`${found.length} packages have an install script; the project needs none of them:`)
  for (const { name, version, reason } of found) console.log(`  ${name}@${version}: ${reason}`)
}
