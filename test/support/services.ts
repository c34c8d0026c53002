import { probeMariadb, startMariadb } from './servers/mariadb.js'
import { probePostgresql, startPostgresql } from './servers/postgresql.js'
import type { Server } from './servers/process.js'

// Global set-up of `npm run test:services`: both servers are there, or the run fails before its first test.
// A URL in the environment is used as it is; without one a private server is started, and stopped at the end.

const SERVICES = [
  { variable: 'TEST_POSTGRES_URL', start: startPostgresql, probe: probePostgresql },
  { variable: 'TEST_MYSQL_URL', start: startMariadb, probe: probeMariadb },
] as const

/** Makes both servers available; the result stops those that were started. */
export async function setup(): Promise<() => Promise<void>> {
  const started: Server[] = []
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()))
  }
  try {
    for (const { variable, start, probe } of SERVICES) {
      const url = process.env[variable]
      if (url) {
        await probe(url).catch((error: unknown) => {
          throw new Error(`${variable} is set, but its server does not answer: ${String(error)}`)
        })
      } else {
        const server = await start().catch((error: unknown) => {
          throw new Error(`${variable} is not set, and no server could be started: ${String(error)}`)
        })
        started.push(server)
        process.env[variable] = server.url
      }
    }
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}
