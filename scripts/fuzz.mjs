#!/usr/bin/env node
// The differential test: random programs of operations run on an encrypted and on a plain client, and must be answered
// alike. Each program has a seed of its own, so that any can be run again alone.
//   node scripts/fuzz.mjs [--seed N] [--runs M] [--db sqlite|postgres|mysql] [--json]
//
//   --seed N        programs N, N + 1, …; default: a random number, which is printed
//   --runs M        how many; default 200
//   --db NAME       sqlite (the default), postgres, mysql or pglite. A server named by TEST_POSTGRES_URL or
//                   TEST_MYSQL_URL is used; without a URL a private one is started
//   --prisma V      7 (the default), 6.19 or 6.16
//   --generator G   prisma-client (the default) or prisma-client-js
//   --model NAME    programs that have most to do with this model alone
//   --tenants N     programs with 1 tenant, or with 2, alone
//   --workers N     processes; default: one for each core
//   --floor N       fail unless each kind of operation × verb × operator had a filled result this often; default 0
//   --failures N    stop after this many; default 3
//   --shrink S      seconds to look for a shorter program that fails; default 60
//   --json          the result as JSON on stdout
//   --report FILE   writes how many programs passed, failed and were left out, as JSON
//
// A failing program is kept in .tmp/fuzz/ before a shorter one is looked for.
import { register } from 'node:module'

register('../test/fuzz/loader.mjs', import.meta.url)
const { main } = await import('../test/fuzz/main.ts')
process.exitCode = await main(process.argv.slice(2))
