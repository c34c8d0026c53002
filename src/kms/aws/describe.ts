import type { KeyMetadata } from '@aws-sdk/client-kms'
import type { KekDescription } from '../kms.js'

/** What a key's state means for data keys; AWS: Key states of AWS KMS keys. `passing` ends without anyone's doing. */
export type AwsKekState = KekDescription['state'] | 'passing'

export function kekState(keyState: string | undefined): AwsKekState {
  switch (keyState) {
    case 'Enabled':
      return 'enabled'
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return 'pending deletion'
    case 'Creating':
    case 'Updating':
    case 'Unavailable':
      return 'passing'
    default:
      return 'disabled'
  }
}

/** The key as AWS describes it. */
export function kekDescription(kekUri: string, region: string, key: KeyMetadata): KekDescription {
  const state = kekState(key.KeyState)
  const facts = {
    ARN: key.Arn,
    region,
    algorithm: key.KeySpec,
    usage: key.KeyUsage,
    'key state': key.KeyState,
    origin: key.Origin,
    manager: key.KeyManager,
    'multi-Region': key.MultiRegionConfiguration?.MultiRegionKeyType,
    'deleted on': key.DeletionDate?.toISOString(),
  }
  return {
    kekUri,
    // `Updating` keys work, the others in passing do not.
    state: state !== 'passing' ? state : key.KeyState === 'Updating' ? 'enabled' : 'disabled',
    facts: Object.fromEntries(
      Object.entries(facts).flatMap(([name, fact]) => (fact === undefined ? [] : [[name, fact]])),
    ),
  }
}
