import path from 'node:path'
import mariadb from 'mariadb'
import { mariadbLogin } from '../databases/mariadb.js'
import { findPrograms, programFolders, run, type Server, startServer } from './process.js'

/** It never waits for the disk: its data need not outlast the machine. */
const NO_SYNC = ['--innodb-flush-method=nosync', '--sync-frm=0']

/** Starts a private MariaDB from the programs installed here, with further options of the server. */
export async function startMariadb(options: readonly string[] = []): Promise<Server> {
  const install = findPrograms(programFolders(), ['mariadb-install-db'])
  const sbin = findPrograms(programFolders(), ['mariadbd'])
  if (install === undefined || sbin === undefined) {
    throw new Error('No MariaDB programs (mariadb-install-db, mariadbd) are installed')
  }
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []
  return startServer({
    name: 'mariadb',
    initialise: (folder) =>
      run(path.join(install, 'mariadb-install-db'), [
        '--no-defaults',
        ...asRoot,
        `--datadir=${path.join(folder, 'data')}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        ...NO_SYNC,
        ...options,
      ]),
    command: (folder, port) => [
      path.join(sbin, 'mariadbd'),
      ...['--no-defaults', ...asRoot, `--datadir=${path.join(folder, 'data')}`, `--port=${port}`],
      ...['--bind-address=127.0.0.1', `--socket=${path.join(folder, 'socket')}`, '--innodb-flush-log-at-trx-commit=0'],
      ...NO_SYNC,
      ...options,
    ],
    url: (port) => `mysql://root@127.0.0.1:${port}/`,
    probe: probeMariadb,
    stopSignal: 'SIGTERM',
  })
}

/** Connects once, and throws if that fails. */
export async function probeMariadb(url: string): Promise<void> {
  const connection = await mariadb.createConnection({ ...mariadbLogin(url), connectTimeout: 2000 })
  await connection.end()
}
