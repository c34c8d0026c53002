#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { FieldsealError } from '../errors/index.js'
import { type KeygenOptions, keygen } from './keygen.js'

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
)

const program = new Command('fieldseal')
  .description('Field-level encryption for Prisma: keys and checks')
  .version(version)
  .showHelpAfterError()

program
  .command('keygen')
  .description('make a 256-bit master key for the local KMS')
  .option('-o, --out <file>', 'write it to a new file with mode 0600 instead of printing it')
  .option('--json', 'print JSON')
  .action(async (options: KeygenOptions) => {
    process.stdout.write(`${await keygen(options)}\n`)
    if (options.out === undefined && process.stdout.isTTY) {
      process.stderr.write('Set it as FIELDSEAL_LOCAL_KEY, and back it up: without it the data is lost.\n')
    }
  })

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof FieldsealError)) throw error
  process.stderr.write(`fieldseal: ${error.message}\n`)
  process.exitCode = 1
}
