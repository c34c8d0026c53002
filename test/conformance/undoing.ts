import type { TestClient } from '../support/client-types.js'

/** Longer than any run. A transaction of its own for each cell would open a connection and a context each time. */
const PATIENT = { maxWait: 20_000, timeout: 3_600_000 }

/**
 * Milliseconds after which it gives way to a new one. On SQLite the states of keys cannot be read anew while it is open,
 * and what opens its rows outside of it would wait for that once they are too old.
 */
const OPEN_MS = 3000

/** A transaction that is open while writes are tried: whatever is done in it is undone right after. */
export class Undoing {
  readonly #client: TestClient
  #open: { readonly tx: TestClient; end(): Promise<unknown> } | undefined
  #since = 0

  constructor(client: TestClient) {
    this.#client = client
  }

  async undone<T>(work: (tx: TestClient) => Promise<T>): Promise<T> {
    if (performance.now() - this.#since > OPEN_MS) await this.end()
    if (this.#open === undefined) {
      this.#open = await begin(this.#client)
      this.#since = performance.now()
    }
    const { tx } = this.#open
    try {
      return await work(tx)
    } finally {
      await tx.$executeRawUnsafe('ROLLBACK TO SAVEPOINT before_cell')
    }
  }

  /** To be called before anything is asked outside of it: on SQLite that would wait for it. */
  async end(): Promise<void> {
    await this.#open?.end()
    this.#open = undefined
  }
}

async function begin(client: TestClient): Promise<{ tx: TestClient; end(): Promise<unknown> }> {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return new Promise((resolve, reject) => {
    const ended = client.$transaction(async (tx) => {
      await tx.$executeRawUnsafe('SAVEPOINT before_cell')
      resolve({
        tx,
        end: () => {
          release()
          return ended
        },
      })
      await released
    }, PATIENT)
    ended.catch(reject)
  })
}
