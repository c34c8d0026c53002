import { connect, createServer, type Socket } from 'node:net'

/** A way to a server on loopback that can be cut. */
export interface CuttableProxy {
  /** The server's URL, through the proxy. */
  readonly url: string
  /** Drops every connection, as a network that fails would. New ones are let through. */
  cut(): void
  close(): Promise<void>
}

/** Puts a proxy before the server of that URL. */
export async function startProxy(target: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  const server = createServer((inward) => {
    const outward = connect(Number(port), hostname)
    for (const [socket, other] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port')
  const url = new URL(target)
  url.port = String(address.port)
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    url: url.href,
    cut,
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
