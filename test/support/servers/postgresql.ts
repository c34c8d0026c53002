import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { findPrograms, programFolders, run, type Server, startServer, unprivilegedAccount } from './process.js'

const DEBIAN = '/usr/lib/postgresql'
/** Who the server runs as where this process is root: the first that exists. */
export const SERVER_ACCOUNTS = ['postgres', 'nobody'] as const

/** Starts a private PostgreSQL from the programs installed here. */
export async function startPostgresql(): Promise<Server> {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => path.join(DEBIAN, version, 'bin')), ...programFolders()]
  const bin = findPrograms(folders, ['initdb', 'postgres'])
  if (bin === undefined) throw new Error('No PostgreSQL programs (initdb, postgres) are installed')
  const account = await unprivilegedAccount(SERVER_ACCOUNTS)
  return startServer({
    name: 'postgresql',
    ...(account && { account }),
    initialise: (folder) =>
      run(
        path.join(bin, 'initdb'),
        ['-D', path.join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
        { ...account, cwd: folder },
      ),
    command: (folder, port) => [
      path.join(bin, 'postgres'),
      ...['-D', path.join(folder, 'data'), '-p', String(port), '-k', folder],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200'],
      // It never waits for the disk: its data need not outlast the machine.
      ...['-c', 'fsync=off', '-c', 'full_page_writes=off'],
    ],
    url: (port) => `postgresql://postgres@127.0.0.1:${port}/postgres`,
    probe: probePostgresql,
    stopSignal: 'SIGINT',
  })
}

/** Connects once, and throws if that fails. */
export async function probePostgresql(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.end()
}
