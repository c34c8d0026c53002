import { Buffer } from 'node:buffer'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** Where in a process's memory something was found. */
export interface Sighting {
  /** Whose bytes: the secret's name. */
  readonly secret: string
  /** In which form, and which part of it: `hex, characters 16 to 31`. */
  readonly form: string
  readonly address: string
  /** The mapping's name: `[heap]`, `[stack]`, a file, or nothing for anonymous memory. */
  readonly mapping: string
}

const CHUNK_BYTES = 4 * 1024 * 1024
/** Bytes of a secret that are looked for together. Any 15 bytes of it in a row have such a part in them. */
const PART_BYTES = 8
/** As many bytes of each part are compared first. */
const PREFIX_BYTES = 3

interface Part {
  readonly secret: string
  readonly form: string
  readonly bytes: Buffer
}

/**
 * Searches all memory of another process that it can write to, for any 15 bytes of a secret in a row, raw or as hex, and
 * for any 20 characters of its base64. Linux only. The secrets are in this process alone: what is found there, that process
 * put there itself.
 */
export function scanMemory(pid: number, secrets: ReadonlyMap<string, Uint8Array>): Sighting[] {
  const index = indexOf([...secrets].flatMap(([name, secret]) => partsOf(name, secret)))
  const chunk = Buffer.alloc(CHUNK_BYTES + index.longest)
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    return writableMappings(pid).flatMap(({ from, to, mapping }) => {
      const found: Sighting[] = []
      for (let at = from; at < to; at += BigInt(CHUNK_BYTES)) {
        const wanted = Math.min(chunk.length, Number(to - at))
        const bytes = chunk.subarray(0, readAt(memory, chunk, wanted, at))
        for (const { offset, part } of index.search(bytes)) {
          if (offset >= CHUNK_BYTES) continue
          const address = `0x${(at + BigInt(offset)).toString(16)}`
          found.push({ secret: part.secret, form: part.form, address, mapping })
        }
      }
      return found
    })
  } finally {
    closeSync(memory)
    chunk.fill(0)
  }
}

/** The forms a key may be lying about in: as it is, and as text in either of V8's encodings; each in parts. */
function partsOf(secret: string, key: Uint8Array): Part[] {
  const raw = Buffer.from(key)
  const texts = [
    ['hex', raw.toString('hex'), PART_BYTES * 2],
    ['HEX', raw.toString('hex').toUpperCase(), PART_BYTES * 2],
    // Without the last characters, which depend on padding and on what follows.
    ['base64', raw.toString('base64').slice(0, 40), 10],
    ['base64url', raw.toString('base64url').slice(0, 40), 10],
  ] as const
  const inParts = (form: string, bytes: Buffer, length: number): Part[] =>
    Array.from({ length: bytes.length / length }, (_, i) => ({
      ...{ secret, form: `${form}, part ${i + 1}` },
      bytes: bytes.subarray(i * length, (i + 1) * length),
    }))
  return [
    ...inParts('raw', raw, PART_BYTES),
    ...texts.flatMap(([form, text, characters]) => [
      ...inParts(`${form}, latin1`, Buffer.from(text, 'latin1'), characters),
      ...inParts(`${form}, utf16le`, Buffer.from(text, 'utf16le'), characters * 2),
    ]),
  ]
}

/** All parts at once: one look at each byte of memory, whatever their number. */
function indexOf(parts: readonly Part[]) {
  const prefixes = new Uint8Array(2 ** (8 * PREFIX_BYTES))
  const known = new Map<string, Part[]>()
  const keyAt = (bytes: Buffer, at: number): string => bytes.toString('latin1', at, at + PART_BYTES)
  for (const part of parts) {
    prefixes[part.bytes.readUIntLE(0, PREFIX_BYTES)] = 1
    const key = keyAt(part.bytes, 0)
    known.set(key, [...(known.get(key) ?? []), part])
  }
  return {
    longest: Math.max(...parts.map(({ bytes }) => bytes.length)),
    search(bytes: Buffer): { readonly offset: number; readonly part: Part }[] {
      const found: { offset: number; part: Part }[] = []
      let prefix = 0
      for (let next = 0; next < bytes.length; next++) {
        prefix = (prefix >>> 8) | ((bytes[next] ?? 0) << 16)
        if (prefixes[prefix] === 0) continue
        const offset = next - PREFIX_BYTES + 1
        for (const part of known.get(keyAt(bytes, offset)) ?? []) {
          if (part.bytes.equals(bytes.subarray(offset, offset + part.bytes.length))) found.push({ offset, part })
        }
      }
      return found
    },
  }
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
