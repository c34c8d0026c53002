Error.stackTraceLimit = 0
import fc from 'fast-check'
import { inspect } from 'node:util'
import { prepareTwins } from './twins.js'
import { programs } from './grammar/program.js'
import { runProgram } from './run-program.js'
import { operationsOf } from './step.js'
import { render } from './sides.js'
import { createTally, cellsOf, renderCoverage } from './coverage.js'
import { nestedWritesOf } from './walk.js'
const tally = createTally(), tries = createTally(), wins = createTally()
const db = process.argv[2] as any, seed = Number(process.argv[3]), runs = Number(process.argv[4]); const verbose = process.argv[5] !== undefined
const twins = await prepareTwins(db)
let t = performance.now(); const arb = programs({provider: twins.provider}); console.log('build', performance.now()-t)
t = performance.now(); const all = Array.from({length: runs}, (_, i) => fc.sample(arb, {seed: seed+i, numRuns: 1})[0]!); console.log('gen', performance.now()-t)
t = performance.now(); let c0 = process.cpuUsage(); let ops = 0, filled = 0, errors = 0, diffs = 0
const kinds = new Map<string, [number, string]>()
for (const [i, p] of all.entries()) {
  const r = await runProgram(twins, p)
  ops += r.filled.size; filled += [...r.filled.values()].filter(Boolean).length; errors += r.errors
  for (const [st, f] of r.filled) if (f) for (const c of cellsOf(st)) tally.add(c)
  for (const [st, f] of r.filled) { const k = new Set(nestedWritesOf(st).map(w => `${st.operation} ${w.verb}`)); k.add(st.operation); for (const c of k) { tries.add(c); if (f) wins.add(c) } }
  if (process.env.WHY) for (const [st, f] of r.filled) if (!f && ['create','update','upsert'].includes(st.operation)) { }
  if (r.difference) { diffs++; const d = r.difference; const st: any = p.steps[d.at]; const k = `${st?.model ?? st?.form ?? d.what}.${st?.operation ?? ''} | ${d.sealed.slice(0,150)} | ${d.plain.slice(0,150)}`; const o = kinds.get(k); 
  const show = verbose ? '\nSEALED ' + inspect(render(st?.args ?? st?.steps, 'sealed', {}), {depth: 20, breakLength: 150}) + '\nPLAIN ' + inspect(render(st?.args ?? st?.steps, 'plain', {}), {depth: 20, breakLength: 150}) : ''
  kinds.set(k, [(o?.[0] ?? 0)+1, `seed ${seed+i} at ${d.at} ${d.what} ${(d.cause as any)?.message?.slice(-400)} ${show}`]) }
}
const cpu = process.cpuUsage(c0)
console.log('ops', ops, 'filled', filled, 'errors', errors, 'diffs', diffs, 'ms/op', ((performance.now()-t)/ops).toFixed(1), 'cpu ms/op', ((cpu.user+cpu.system)/1000/ops).toFixed(1), 'program/s', (1000*runs/(performance.now()-t)).toFixed(1))
for (const [k, v] of [...kinds].sort((a,b)=>b[1][0]-a[1][0]).slice(0,30)) console.log(v[0], k, '\n    ', v[1])
console.log([...tries.counts].sort().map(([k, n]) => `${k} ${wins.counts.get(k) ?? 0}/${n}`).join(' | ')); console.log(renderCoverage(tally.counts, twins.provider, 50*runs/2000).text); await twins.dispose()
