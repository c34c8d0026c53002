import { fork } from 'node:child_process'

const WORKER = new URL('worker.mjs', import.meta.url)

/** Runs a suite in a process of its own. */
export function runSuite(suite, file, settings) {
  const execArgv = ['--expose-gc', ...(settings.execArgv ?? [])]
  const child = fork(WORKER, [suite, file, JSON.stringify(settings)], { execArgv, serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    let found
    child.on('message', (message) => {
      found = message
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0 && found !== undefined) resolve(found)
      else reject(new Error(`the process that measured ${suite} ended with code ${code}`))
    })
  })
}

/** Runs a suite in several processes, one after the other: their rounds together, and the facts of the last. */
export async function runSuites(suite, file, { processes, ...settings }) {
  const times = {}
  let facts = {}
  for (let process = 0; process < processes; process++) {
    const found = await runSuite(suite, file, settings)
    facts = { ...facts, ...found.facts }
    for (const [measure, sides] of Object.entries(found.times)) {
      times[measure] ??= {}
      for (const [side, rounds] of Object.entries(sides)) {
        times[measure][side] = [...(times[measure][side] ?? []), ...rounds]
      }
    }
  }
  return { times, facts }
}
