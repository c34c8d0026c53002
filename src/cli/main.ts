#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { FieldsealError } from '../errors/index.js'
import { CHECK_HELP, type CheckOptions, check } from './check.js'
import { DOCTOR_HELP, type DoctorOptions, doctor } from './doctor.js'
import { type KeygenOptions, keygen } from './keygen.js'
import { type ModelsOptions, models } from './models.js'
import { type VerifyCommandOptions, verifyCommand } from './verify.js'

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

program
  .command('models')
  .description('print the models that hold wrapped keys, to copy into the Prisma schema')
  .option('-p, --provider <name>', 'sqlite, postgresql or mysql; that of the schema if not given')
  .option('-s, --schema <path>', 'schema file or folder')
  .action(async (options: ModelsOptions) => {
    process.stdout.write(await models(options, process.cwd()))
  })

program
  .command('check')
  .description('check the annotations of a Prisma schema as prisma generate does, without writing anything')
  .option('-s, --schema <path>', 'schema file or folder')
  .option('--json', 'print JSON: { "problems": string[] }')
  .addHelpText('after', CHECK_HELP)
  .action(async (options: CheckOptions) => {
    try {
      const { text, exitCode } = await check(options, process.cwd())
      process.stdout.write(`${text}\n`)
      process.exitCode = exitCode
    } catch (error) {
      if (!(error instanceof FieldsealError)) throw error
      process.stderr.write(`fieldseal: ${error.message}\n`)
      process.exitCode = 2
    }
  })

program
  .command('doctor')
  .description('call each configured KMS: what works, which permission is missing, which policy is needed')
  .option('-c, --config <file>', 'JSON file with the configuration, instead of the environment')
  .option('-k, --kek <uri...>', 'further KEKs to try, such as those of tenants')
  .option('-a, --app <name>', 'name of the application, as given to fieldseal() (default "fieldseal")')
  .option('--json', 'print JSON')
  .addHelpText('after', DOCTOR_HELP)
  .action(async (options: DoctorOptions) => {
    try {
      const { text, exitCode } = await doctor(options, process.env)
      process.stdout.write(`${text}\n`)
      process.exitCode = exitCode
    } catch (error) {
      if (!(error instanceof FieldsealError)) throw error
      process.stderr.write(`fieldseal: ${error.message}\n`)
      process.exitCode = 2
    }
  })

program
  .command('verify')
  .description('count plaintext in encrypted columns and open a sample of cells, through your own extended client')
  .requiredOption('-c, --client <module>', 'JavaScript module that exports the client')
  .option('-e, --export <name>', 'name of the export; the first extended client if not given')
  .option('-n, --sample <cells>', 'cells of each column to open (default 20)', wholeNumber)
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExit code 0: all is encrypted and readable. 1: it is not. 2: it could not be found out.')
  .action(async (options: VerifyCommandOptions) => {
    try {
      const { output, ok } = await verifyCommand(options)
      process.stdout.write(`${output}\n`)
      process.exitCode = ok ? 0 : 1
    } catch (error) {
      process.stderr.write(`fieldseal: ${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 2
    }
  })

function wholeNumber(text: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It takes a whole number.')
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof FieldsealError)) throw error
  process.stderr.write(`fieldseal: ${error.message}\n`)
  process.exitCode = 1
}
