import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

/** A database server this process started on a loopback port, with its data in a temporary folder. */
export interface Server {
  readonly url: string
  stop(): Promise<void>
  /** Kills it without warning; its data stay. */
  crash(): Promise<void>
  /** Starts it anew on its data and port. */
  restart(): Promise<void>
}

export interface ServerPlan {
  readonly name: string
  /** Account to run as, where the server refuses to run as root. */
  readonly account?: Account
  /** Prepares the data folder. */
  initialise(folder: string): Promise<unknown>
  /** Program and arguments that run the server in the foreground. */
  command(folder: string, port: number): readonly [string, ...string[]]
  url(port: number): string
  /** Connects once; throws while the server is not ready. */
  probe(url: string): Promise<unknown>
  readonly stopSignal: NodeJS.Signals
}

/** Starts a server and waits until it answers; if it does not, the error holds what it printed. */
export async function startServer(plan: ServerPlan): Promise<Server> {
  const folder = await mkdtemp(path.join(tmpdir(), `fieldseal-${plan.name}-`))
  if (plan.account) await chown(folder, plan.account.uid, plan.account.gid)
  await plan.initialise(folder)
  const port = await freePort()
  const url = plan.url(port)
  const launch = () => launchProcess(plan, folder, port)
  let child = launch()
  const ready = () =>
    untilReady(child.process, () => plan.probe(url)).catch((cause: unknown) => {
      throw new Error(`${plan.name} did not start: ${String(cause)}\n${child.output()}`)
    })
  const stop = async () => {
    await endProcess(child.process, plan.stopSignal)
    await rm(folder, { recursive: true, force: true })
  }
  await ready().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return {
    url,
    stop,
    crash: () => endProcess(child.process, 'SIGKILL'),
    async restart() {
      // What a killed server leaves running may hold its data for a moment.
      for (let attempt = 0; ; attempt++) {
        child = launch()
        try {
          return await ready()
        } catch (error) {
          await endProcess(child.process, 'SIGKILL')
          if (attempt === 20) throw error
          await new Promise((resolve) => setTimeout(resolve, 250))
        }
      }
    },
  }
}

function launchProcess(plan: ServerPlan, folder: string, port: number) {
  const [program, ...args] = plan.command(folder, port)
  const child = spawn(program, args, { ...plan.account, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000)
    })
  }
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)
  child.once('exit', () => process.off('exit', killAtExit))
  return { process: child, output: () => output }
}

async function untilReady(child: ChildProcess, probe: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    try {
      await probe()
      return
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`it exited with code ${child.exitCode}`)
      if (Date.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  const insist = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(insist)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No free port')
  return address.port
}

/** The first of the folders that holds all of the programs. */
export function findPrograms(folders: readonly string[], programs: readonly string[]): string | undefined {
  return folders.find((folder) => programs.every((program) => existsSync(path.join(folder, program))))
}

/** Folders of PATH, and those of servers that are often not in it. */
export function programFolders(): string[] {
  return [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin']
}

export const run = promisify(execFile)

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** An account other than root, if this process is root; undefined if it need not change. */
export async function unprivilegedAccount(names: readonly string[]): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  for (const name of names) {
    try {
      const ids = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name])))
      const [uid, gid] = ids.map(({ stdout }) => Number(stdout))
      if (uid !== undefined && gid !== undefined) return { uid, gid }
    } catch {
      // No such account: try the next.
    }
  }
  throw new Error(`No account to run the server as: none of ${names.join(', ')} exists`)
}
