import { type ContainerServer, startContainer } from './containers.js'
import { probeMariadb, startMariadb } from './servers/mariadb.js'
import { probePostgresql, startPostgresql } from './servers/postgresql.js'

// Global set-up of `npm run test:services`: both servers are there, or the run fails before its first test.
// A URL in the environment is used as it is; without one a private server is started, and stopped at the end: from the
// programs installed here, or, with TEST_CONTAINERS, in a container (1: PostgreSQL and MariaDB; mysql: PostgreSQL and MySQL).

const SERVICES = [
  {
    variable: 'TEST_POSTGRES_URL',
    start: () => (containers() === undefined ? startPostgresql() : startContainer('postgresql')),
    probe: probePostgresql,
  },
  {
    variable: 'TEST_MYSQL_URL',
    start: () => {
      const chosen = containers()
      return chosen === undefined ? startMariadb() : startContainer(chosen)
    },
    probe: probeMariadb,
  },
] as const

/** Which server stands for MySQL and MariaDB if containers are asked for. */
function containers(): 'mariadb' | 'mysql' | undefined {
  const chosen = process.env['TEST_CONTAINERS'] || undefined
  if (chosen === undefined || chosen === 'mysql') return chosen
  if (chosen === '1' || chosen === 'mariadb') return 'mariadb'
  throw new Error(`TEST_CONTAINERS is ${JSON.stringify(chosen)}; it takes 1, mariadb or mysql`)
}

/** Makes both servers available; the result stops those that were started. */
export async function setup(): Promise<() => Promise<void>> {
  const started: ContainerServer[] = []
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
