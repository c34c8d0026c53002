#!/usr/bin/env node
import { appendReport, CHECK_REPORT_VARIABLE } from './check-report.js'
import { check, generate } from './generate.js'
import { serve } from './rpc.js'

const manifest = { prettyName: 'fieldseal policy', defaultOutput: './generated/fieldseal' }
const report = process.env[CHECK_REPORT_VARIABLE]

if (process.env.PRISMA_GENERATOR_INVOCATION === undefined) {
  process.stdout.write(
    'prisma generate runs this program: write provider = "fieldseal-generator" into a generator block.\n',
  )
} else {
  await serve(
    { requests: process.stdin, replies: process.stderr },
    {
      getManifest: () => ({ manifest }),
      generate: async (params) => {
        if (report === undefined) await generate(params, process.cwd())
        else await appendReport(report, await check(params, process.cwd()))
      },
    },
  )
}
