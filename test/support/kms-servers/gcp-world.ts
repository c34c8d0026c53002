import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from './certificate.js'

const EMAIL = 'fieldseal@acme.iam.gserviceaccount.com'

/**
 * A server of Cloud KMS over TLS, and the provider with a service account that the server knows. To be opened before
 * anything imports the SDK: gRPC reads which certificates it trusts when it is loaded.
 */
export async function openGcpWorld() {
  const certificate = await makeCertificate()
  const folder = mkdtempSync(join(tmpdir(), 'fieldseal-gcp-'))
  const roots = join(folder, 'roots.pem')
  writeFileSync(roots, certificate.cert)
  process.env.GRPC_DEFAULT_SSL_ROOTS_FILE_PATH = roots
  const [{ gcpKms }, { startGcpServer }] = await Promise.all([
    import('../../../src/kms/gcp/index.js'),
    import('./gcp.js'),
  ])
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const server = await startGcpServer(certificate, { email: EMAIL, publicKey })
  const client = {
    apiEndpoint: 'localhost',
    port: server.port,
    projectId: 'acme',
    credentials: { client_email: EMAIL, private_key: privateKey },
  }
  // What the SDK loads at its first call takes longer than the time tests allow.
  const first = gcpKms({ key: server.createKey(), client })
  await first.describe({ kekUri: first.defaultKek })
  first.dispose?.()
  return {
    gcpKms,
    server,
    /** Options of the SDK's client that lead to the server. */
    client,
    secrets: new Map([
      ['the private key', privateKey.split('\n')[3] ?? privateKey],
      ['the token', 'Bearer ey'],
      ['the head of the token', Buffer.from('{"alg":"RS256').toString('base64url')],
    ]),
    async close() {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
