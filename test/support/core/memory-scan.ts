import { Buffer } from 'node:buffer'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** Where in a process's memory something was found. */
export interface Sighting {
  /** What, and in which form: `data key (hex)`. */
  readonly what: string
  readonly address: string
  /** The mapping's name: `[heap]`, `[stack]`, a file, or nothing for anonymous memory. */
  readonly mapping: string
}

const CHUNK_BYTES = 4 * 1024 * 1024

/**
 * Searches all memory of another process that it can write to. Linux only. The secrets are in this process alone: what is
 * found there, that process put there itself.
 */
export function scanMemory(pid: number, secrets: ReadonlyMap<string, Uint8Array>): Sighting[] {
  const forms = [...secrets].flatMap(([name, secret]) => formsOf(name, secret))
  const overlap = Math.max(...forms.map(({ bytes }) => bytes.length)) - 1
  const chunk = Buffer.alloc(CHUNK_BYTES + overlap)
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    return writableMappings(pid).flatMap(({ from, to, mapping }) => {
      const found: Sighting[] = []
      for (let at = from; at < to; at += BigInt(CHUNK_BYTES)) {
        const wanted = Math.min(chunk.length, Number(to - at))
        const bytes = chunk.subarray(0, readAt(memory, chunk, wanted, at))
        for (const { what, bytes: form } of forms) {
          for (let i = bytes.indexOf(form); i !== -1 && i < CHUNK_BYTES; i = bytes.indexOf(form, i + 1)) {
            found.push({ what, address: `0x${(at + BigInt(i)).toString(16)}`, mapping })
          }
        }
      }
      return found
    })
  } finally {
    closeSync(memory)
    chunk.fill(0)
  }
}

/** The forms a key may be lying about in: as it is, and as text in either of V8's encodings. */
function formsOf(name: string, secret: Uint8Array): { readonly what: string; readonly bytes: Buffer }[] {
  const raw = Buffer.from(secret)
  const texts = [
    ['hex', raw.toString('hex')],
    ['HEX', raw.toString('hex').toUpperCase()],
    // Without the last characters, which depend on padding and on what follows.
    ['base64', raw.toString('base64').slice(0, 42)],
    ['base64url', raw.toString('base64url').slice(0, 42)],
  ] as const
  const encodings = ['latin1', 'utf16le'] as const
  return [
    { what: `${name} (raw)`, bytes: raw },
    // The key in part: a copy whose beginning or end was overwritten by something else.
    { what: `${name} (first half)`, bytes: raw.subarray(0, 16) },
    { what: `${name} (second half)`, bytes: raw.subarray(16) },
    ...texts.flatMap(([form, text]) =>
      encodings.map((encoding) => ({ what: `${name} (${form}, ${encoding})`, bytes: Buffer.from(text, encoding) })),
    ),
  ]
}

function writableMappings(pid: number) {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, from, to, mapping] = /^([0-9a-f]+)-([0-9a-f]+) rw.. \S+ \S+ \S+\s*(.*)$/.exec(line) ?? []
      if (from === undefined || to === undefined) return []
      return [{ from: BigInt(`0x${from}`), to: BigInt(`0x${to}`), mapping: mapping ?? '' }]
    })
}

/** Bytes read; 0 where the kernel keeps the memory to itself. */
function readAt(memory: number, into: Buffer, length: number, at: bigint): number {
  try {
    return readSync(memory, into, 0, length, at)
  } catch {
    return 0
  }
}
