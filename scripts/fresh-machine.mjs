/**
 * A machine that has never seen this project: a fresh clone of HEAD, an empty home, an empty npm cache, a chosen Node.js
 * and npm, and a network that ends at the package registry.
 */
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { startRegistryProxy } from './registry-proxy.mjs'

const STEP_TIMEOUT_MS = 30 * 60 * 1000

/** What a fresh machine must not inherit: settings of npm, Node.js and the test runner, caches, homes and proxies. */
const NOT_INHERITED = /^(npm_.*|init_cwd|node_env|node_options|vitest.*|xdg_.*|home|(https?|no|all)_proxy)$/i

/**
 * Installs a Node.js and an npm from the registry and returns the folders to put first on PATH.
 * `current` means the one that runs this script.
 *
 * @param {{ node: string, npm: string }} cell versions or ranges
 * @param {string} folder where to install; what is already there is used again
 */
export function bringTools({ node, npm }, folder) {
  const paths = []
  if (npm !== 'current') {
    paths.push(join(installTool('npm', npm, join(folder, `npm-${npm}`)), 'node_modules', '.bin'))
  }
  const platform = process.platform === 'win32' ? 'win' : process.platform
  // The package `node` picks one of these in an install script; naming it needs no script.
  const prefix = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  const name = `${prefix}-${platform}-${process.arch}`
  const home = node === 'current' ? null : installTool(name, node, join(folder, `node-${node}`))
  paths.push(home === null ? dirname(process.execPath) : join(home, 'node_modules', name, 'bin'))
  return paths
}

function installTool(name, version, folder) {
  if (existsSync(join(folder, 'node_modules', name))) return folder
  mkdirSync(folder, { recursive: true })
  execFileSync(
    'npm',
    ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  return folder
}

/**
 * Runs commands one after the other on a fresh machine, up to the first that fails.
 *
 * @param {{ root: string, folder: string, paths: string[], scripts: 'on' | 'off', commands: string[][], show: boolean }} machine
 *   `root` is the repository to clone, `folder` an empty folder for everything the machine writes; with `show` the output
 *   of the commands goes to stderr, and not to their logs
 * @returns {Promise<{ node: string, npm: string, steps: { command: string, seconds: number, code: number | null, log: string }[],
 *   network: { reached: string[], refused: string[] } }>}
 */
export async function runOnFreshMachine({ root, folder, paths, scripts, commands, show }) {
  const clone = join(folder, 'clone')
  execFileSync('git', ['clone', '--quiet', root, clone], { stdio: ['ignore', 'ignore', 'inherit'] })
  const settings = npmSettings()
  const proxy = await startRegistryProxy(settings.registry, proxyOfThisMachine(settings))
  const env = environment({ folder, paths, scripts, proxy, settings })
  try {
    const version = (tool) => execFileSync(tool, ['--version'], { cwd: folder, env, encoding: 'utf8' }).trim()
    const [node, npm] = [version('node'), version('npm')]
    const steps = []
    for (const [index, [program, ...args]] of commands.entries()) {
      const log = join(folder, `${index + 1}.log`)
      const started = performance.now()
      const code = await run(program, args, { cwd: clone, env, log, show })
      steps.push({ command: [program, ...args].join(' '), seconds: (performance.now() - started) / 1000, code, log })
      if (code !== 0) break
    }
    const network = { reached: [...proxy.reached], refused: [...proxy.refused] }
    return { node: node.replace(/^v/, ''), npm, steps, network }
  } finally {
    await proxy.close()
  }
}

/** The last lines of a step's output. */
export function tail(log, lines = 150) {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}

function environment({ folder, paths, scripts, proxy, settings }) {
  const home = join(folder, 'home')
  mkdirSync(home)
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name))
  // `npm run` puts the project's own node_modules/.bin on PATH; a fresh machine has none.
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'))
  return {
    ...Object.fromEntries(inherited),
    HOME: home,
    PATH: [...paths, ...path].join(delimiter),
    CI: '1',
    npm_config_cache: join(folder, 'cache'),
    npm_config_ignore_scripts: scripts === 'off' ? 'true' : 'false',
    // How this machine reaches its registry is not the project's business: it stays as configured.
    npm_config_registry: settings.registry,
    npm_config_userconfig: settings.userconfig,
    npm_config_globalconfig: settings.globalconfig,
    ...proxySettings(proxy.url),
  }
}

function proxySettings(url) {
  return {
    npm_config_proxy: url,
    npm_config_https_proxy: url,
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    http_proxy: url,
    https_proxy: url,
    NO_PROXY: 'localhost,127.0.0.1,::1',
    no_proxy: 'localhost,127.0.0.1,::1',
  }
}

/** The proxy this machine itself needs to reach the registry, or null. */
function proxyOfThisMachine({ registry, noproxy, ...proxies }) {
  const { hostname, protocol } = new URL(registry)
  const proxy = proxies[protocol === 'https:' ? 'https-proxy' : 'proxy']
  const direct = noproxy.split(',').some((suffix) => `.${hostname}`.endsWith(`.${suffix.trim().replace(/^\./, '')}`))
  return proxy === 'null' || direct ? null : proxy
}

const SETTINGS = ['registry', 'proxy', 'https-proxy', 'noproxy', 'userconfig', 'globalconfig']

/** What npm is set to here. It takes half a second to start, so it is asked once for all. */
function npmSettings() {
  const command = ['config', 'get', ...SETTINGS]
  const lines = execFileSync('npm', command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')
  return Object.fromEntries(
    SETTINGS.map((name) => {
      const line = lines.find((text) => text.startsWith(`${name}=`))
      if (line === undefined) throw new Error(`npm config get does not tell ${name}.`)
      return [name, line.slice(name.length + 1).trim()]
    }),
  )
}

async function run(program, args, { cwd, env, log, show }) {
  const output = openSync(log, 'w')
  try {
    const stdio = show ? ['ignore', process.stderr, process.stderr] : ['ignore', output, output]
    const child = spawn(program, args, { cwd, env, stdio, timeout: STEP_TIMEOUT_MS })
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', resolve)
    })
  } finally {
    closeSync(output)
  }
}
