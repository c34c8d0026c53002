import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** What the program left behind. */
export interface Finished {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `fieldseal doctor` with these variables and no others of ours. */
export async function fieldsealDoctor(
  environment: Readonly<Record<string, string>>,
  ...parameters: string[]
): Promise<Finished> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(FIELDSEAL|AWS|VAULT|AZURE)_/.test(name))
  const env = { ...Object.fromEntries(inherited), NODE_ENV: 'test' as const, ...environment }
  const child = spawn(process.execPath, [MAIN, 'doctor', ...parameters], { env })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  }
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { status, ...texts }
}
