import { beforeAll } from 'vitest'
import { azureKms } from '../../../src/kms/azure/index.js'
import { aesKey, ecKey, type KeyMaterial, rsaKey } from '../../support/kms-servers/azure-keys.js'
import { startAzureServer } from '../../support/kms-servers/azure-server.js'
import { type Certificate, makeCertificate } from '../../support/kms-servers/certificate.js'
import { conformance, type Unsupported } from '../conformance/suite.js'

const TIMEOUT_MS = 800

const NOT_OF_AZURE: Unsupported = {
  'wrong checksum': 'its replies carry no checksum of their own; TLS guards them',
  'key of wrong length: generateDataKey': 'the data key is made in this process',
}

let certificate: Certificate
beforeAll(async () => {
  certificate = await makeCertificate()
})

async function start(keks: readonly [KeyMaterial, KeyMaterial]) {
  const server = await startAzureServer(certificate)
  const [app, other] = keks
  server.create('app', app)
  server.create('other', other)
  server.create('signer', ecKey())
  const [kekUri, otherKekUri, absentKekUri] = ['app', 'other', 'nobody'].map(server.kekUri)
  const nameOf = (uri: string): string => uri.replace(/^.*\//, '')
  if (kekUri === undefined || otherKekUri === undefined || absentKekUri === undefined) throw new Error('no KEKs')
  const kms = azureKms({
    kek: kekUri,
    signingKey: server.kekUri('signer'),
    credential: server.credential,
    timeoutMs: TIMEOUT_MS,
    clientOptions: { disableChallengeResourceVerification: true, tlsOptions: { ca: certificate.cert } },
  })
  return {
    ...{ kms, kekUri, otherKekUri, absentKekUri },
    timeoutMs: TIMEOUT_MS,
    get secrets() {
      return new Map([...server.tokens].map((token, at) => [`token ${at}`, token]))
    },
    fault: server.fault,
    disable: (uri: string) => server.disable(nameOf(uri)),
    scheduleDeletion: (uri: string) => server.remove(nameOf(uri)),
    deny: (uri: string) => server.deny(nameOf(uri)),
    calls: server.calls,
    close: server.stop,
  }
}

conformance(
  'Azure Key Vault, with RSA keys and a signing key',
  () => start([rsaKey('first'), rsaKey('second')]),
  NOT_OF_AZURE,
)
conformance('Azure Managed HSM, with symmetric keys', () => start([aesKey(), aesKey()]), NOT_OF_AZURE)
