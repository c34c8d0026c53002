import { afterAll, beforeAll } from 'vitest'
import { awsKms } from '../../../src/kms/aws/index.js'
import { awsKeys } from '../../support/kms-servers/aws.js'
import { type AwsEndpoint, startAwsEndpoint } from '../../support/kms-servers/aws-faults.js'
import { conformance } from '../conformance/suite.js'

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7TESTING',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/testing',
  sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLETOKEN',
}
const keys = awsKeys(credentials.accessKeyId)
let endpoint: AwsEndpoint
beforeAll(async () => {
  endpoint = await startAwsEndpoint(keys.handler)
})
afterAll(() => endpoint.close())

conformance(
  'AWS KMS',
  async () => {
    const [kek, other] = [keys.createKey(), keys.createKey()]
    const timeoutMs = 500
    return {
      kms: awsKms({ keyId: kek, endpoint: endpoint.url, credentials, timeoutMs }),
      kekUri: `aws-kms://${kek}`,
      otherKekUri: `aws-kms://${other}`,
      absentKekUri: 'aws-kms://arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      secrets: new Map(Object.entries({ ...credentials, 'the signature': 'AWS4-HMAC-SHA256' })),
      timeoutMs,
      fault: (kind) => endpoint.fault(kind),
      disable: (uri) => keys.setState(uri.slice('aws-kms://'.length), 'Disabled'),
      scheduleDeletion: (uri) => keys.setState(uri.slice('aws-kms://'.length), 'PendingDeletion'),
      deny: (uri) => keys.restrict(uri.slice('aws-kms://'.length)),
      calls: () => endpoint.requests.length,
      close: () => endpoint.fault(undefined),
    }
  },
  { 'wrong checksum': 'replies of AWS KMS have none: TLS guards them' },
)
