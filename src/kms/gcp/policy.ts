import type { KmsPermissions, PermissionPolicy } from '../kms.js'
import type { GcpKek } from './kek-uri.js'

const ENCRYPT = 'cloudkms.cryptoKeyVersions.useToEncrypt'
const DECRYPT = 'cloudkms.cryptoKeyVersions.useToDecrypt'
const GET = 'cloudkms.cryptoKeys.get'

export const GCP_PERMISSIONS: KmsPermissions = {
  generateDataKey: [ENCRYPT],
  unwrap: [DECRYPT],
  rewrap: [DECRYPT, ENCRYPT],
  describe: [GET],
}

/**
 * The custom role, as `gcloud iam roles create --file` takes it, with the commands that create it in each project and
 * grant it on each KEK: a role of a project cannot be granted in another.
 */
export function gcpPolicy(keks: readonly GcpKek[]): PermissionPolicy {
  const projects = [...new Set(keks.map(({ project }) => project))]
  const lines = [
    ...projects.map((project) => `# gcloud iam roles create fieldseal --project=${project} --file=THIS_FILE`),
    ...keks.map(
      ({ name, project }) =>
        `# gcloud kms keys add-iam-policy-binding ${name} --member=serviceAccount:ACCOUNT --role=projects/${project}/roles/fieldseal`,
    ),
    'title: fieldseal',
    'description: Wraps and unwraps data keys',
    'stage: GA',
    'includedPermissions:',
    ...[ENCRYPT, DECRYPT, GET].map((permission) => `- ${permission}`),
  ]
  return { kind: 'custom role', text: `${lines.join('\n')}\n` }
}
