import { appendFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { REPOSITORY } from '../support/prisma-versions.js'
import type { Options } from './options.js'

const FOLDER = path.join(REPOSITORY, '.tmp/fuzz')

/** Adds to the file of a failing program, at once: whatever becomes of the run, it is not lost. The result names it. */
export function keepFailure({ database, prisma }: Options, seed: number, text: string): string {
  mkdirSync(FOLDER, { recursive: true })
  const file = path.join(FOLDER, `${database}-${prisma}-${seed}.txt`)
  appendFileSync(file, `${text}\n\n`)
  return path.relative(REPOSITORY, file)
}
