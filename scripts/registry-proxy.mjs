/**
 * A proxy on loopback that lets connections to one registry through, refuses every other, and remembers both. It sees what
 * goes through npm's and the environment's proxy settings, which npm and most install scripts follow; a program that opens
 * connections past them is not seen.
 */
import { createServer, request } from 'node:http'
import { connect } from 'node:net'

/**
 * @param {string} registry URL of the only registry that may be reached
 * @param {string | null} upstream URL of the HTTP proxy this machine itself needs to reach the registry
 * @returns {Promise<{ url: string, reached: Set<string>, refused: Set<string>, close: () => Promise<void> }>}
 *   `reached` and `refused` hold `host:port`
 */
export async function startRegistryProxy(registry, upstream = null) {
  const allowed = address(new URL(registry))
  const reached = new Set()
  const refused = new Set()
  const sockets = new Set()
  const admit = (target) => {
    const list = target === allowed ? reached : refused
    list.add(target)
    return target === allowed
  }
  const track = (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  }

  const server = createServer((incoming, response) => {
    const target = URL.canParse(incoming.url) ? new URL(incoming.url) : null
    if (target === null || !admit(address(target))) {
      response.writeHead(403).end('Only the registry may be reached.\n')
      return
    }
    const { method, headers } = incoming
    const outgoing =
      upstream === null
        ? request(target, { method, headers })
        : request(upstream, { method, path: incoming.url, headers: { ...headers, ...credentials(upstream) } })
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    incoming.pipe(outgoing)
  })

  server.on('connect', (incoming, client, head) => {
    client.on('error', () => client.destroy())
    if (!admit(incoming.url)) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      return
    }
    openTunnel(incoming.url, upstream, (error, tunnel) => {
      if (error !== null) {
        client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
        return
      }
      track(tunnel)
      tunnel.on('error', () => client.destroy())
      tunnel.on('close', () => client.destroy())
      client.on('close', () => tunnel.destroy())
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      tunnel.write(head)
      tunnel.pipe(client).pipe(tunnel)
    })
  })

  server.on('connection', track)
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { url: `http://127.0.0.1:${server.address().port}`, reached, refused, close }
}

/** Calls back once, with an open socket to `host:port`, straight or through the upstream proxy. */
function openTunnel(target, upstream, done) {
  const failed = (error) => done(error, null)
  if (upstream === null) {
    const { hostname, port } = new URL(`tunnel://${target}`)
    const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''))
    socket.once('error', failed)
    socket.once('connect', () => done(null, socket.off('error', failed)))
    return
  }
  const asking = request(upstream, { method: 'CONNECT', path: target, headers: credentials(upstream) })
  asking.once('error', failed)
  asking.once('connect', (answer, socket) => {
    if (answer.statusCode === 200) done(null, socket)
    else failed(new Error(`The proxy of this machine answered ${answer.statusCode}.`))
  })
  asking.end()
}

function credentials(proxy) {
  const { username, password } = new URL(proxy)
  if (username === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'Proxy-Authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

function address(url) {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return `${url.hostname}:${port}`
}
