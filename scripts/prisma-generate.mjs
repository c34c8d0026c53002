#!/usr/bin/env node
// Runs `prisma generate` of one of the Prisma versions this repository is tested with:
//   node scripts/prisma-generate.mjs [--prisma 7|6.19|6.16] --schema <file> [more options of prisma generate]
//
// Every prisma command asks for the native schema engine, although `generate` never runs it, and a closed network
// cannot download one. Where none is set and none is installed, the path of node itself satisfies the question.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { parseArgs } from 'node:util'

const root = path.dirname(import.meta.dirname)
const homes = {
  7: root,
  6.19: path.join(root, 'test/support/prisma-6.19'),
  6.16: path.join(root, 'test/support/prisma-6.16'),
}

function engineInstalled(requireFromCli) {
  const folder = path.dirname(requireFromCli.resolve('@prisma/engines/package.json'))
  return readdirSync(folder).some((name) => name.startsWith('schema-engine-'))
}

const args = process.argv.slice(2)
const { tokens } = parseArgs({ args, options: { prisma: { type: 'string' } }, strict: false, tokens: true })
const option = tokens.find((token) => token.kind === 'option' && token.name === 'prisma')
const version = option?.value ?? '7'
const home = homes[version]
if (home === undefined) {
  console.error(`--prisma ${version} is not installed here; known: ${Object.keys(homes).join(', ')}`)
  process.exit(2)
}
if (option !== undefined) args.splice(option.index, option.inlineValue ? 1 : 2)

const cliPackage = createRequire(path.join(home, 'package.json')).resolve('prisma/package.json')
const env = { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' }
if (env.PRISMA_SCHEMA_ENGINE_BINARY === undefined && !engineInstalled(createRequire(cliPackage))) {
  env.PRISMA_SCHEMA_ENGINE_BINARY = process.execPath
}
const cli = path.join(path.dirname(cliPackage), 'build/index.js')
const { status, error } = spawnSync(process.execPath, [cli, 'generate', ...args], { stdio: 'inherit', env })
if (error !== undefined) throw error
process.exit(status ?? 1)
