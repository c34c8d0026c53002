import { appendFile, readFile } from 'node:fs/promises'
import { isObject, textsAt } from './json.js'

/**
 * Names a file: then the generator writes nothing but a report there. This is how `fieldseal check` has Prisma read the
 * schema.
 */
export const CHECK_REPORT_VARIABLE = 'FIELDSEAL_CHECK_REPORT'

/** Adds what one generator block found. */
export async function appendReport(file: string, problems: readonly string[]): Promise<void> {
  await appendFile(file, `${JSON.stringify({ problems })}\n`)
}

/** The problems of `blocks` reports, each once; undefined if there are not as many, since a block could not report. */
export async function readReports(file: string, blocks: number): Promise<readonly string[] | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const reports = text.split('\n').filter((line) => line !== '')
  if (reports.length !== blocks) return undefined
  const problems = reports.flatMap((line) => {
    const report: unknown = JSON.parse(line)
    return textsAt(isObject(report) ? report.problems : undefined, 'the report')
  })
  return [...new Set(problems)]
}
