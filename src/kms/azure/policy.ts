import type { KmsPermissions, PermissionPolicy } from '../kms.js'
import { isManagedHsm, type VaultKey } from './kek-uri.js'

type Verb = 'read' | 'wrap' | 'unwrap' | 'encrypt' | 'decrypt' | 'sign'

/** The data action, as Azure's role definitions name it: those of a Managed HSM are its own. */
function dataAction(verb: Verb, key: VaultKey): string {
  if (isManagedHsm(key)) return `Microsoft.KeyVault/managedHsm/keys/${verb}/action`
  return verb === 'read' ? 'Microsoft.KeyVault/vaults/keys/read' : `Microsoft.KeyVault/vaults/keys/${verb}/action`
}

/** Wrapping and unwrapping a data key: a key vault has RSA keys only, a Managed HSM also symmetric ones. */
function wrapVerbs(key: VaultKey): readonly Verb[] {
  return isManagedHsm(key) ? ['wrap', 'encrypt'] : ['wrap']
}
function unwrapVerbs(key: VaultKey): readonly Verb[] {
  return isManagedHsm(key) ? ['unwrap', 'decrypt'] : ['unwrap']
}

/** What each operation needs with the KEK, and with the key that signs. */
export function permissionsOf(kek: VaultKey, signingKey: VaultKey | undefined): KmsPermissions {
  const signing = (...verbs: Verb[]) =>
    signingKey === undefined ? [] : verbs.map((verb) => dataAction(verb, signingKey))
  const ofKek = (...verbs: Verb[]) => verbs.map((verb) => dataAction(verb, kek))
  const unique = (actions: readonly string[]) => [...new Set(actions)]
  const wrap = unique([...ofKek('read', ...wrapVerbs(kek)), ...signing('read', 'sign')])
  const unwrap = unique([...ofKek('read', ...unwrapVerbs(kek)), ...signing('read')])
  return {
    generateDataKey: wrap,
    unwrap,
    rewrap: unique([...unwrap, ...wrap]),
    describe: ofKek('read'),
  }
}

/** Commands for the Azure CLI: two roles, and an assignment of one of them for each key and for it alone. */
export function policyOf(keks: readonly VaultKey[], signingKey: VaultKey | undefined): PermissionPolicy {
  const grants = [
    ...keks.map(
      (key): Grant => ({ key, role: 'fieldseal KEK user', verbs: ['read', ...wrapVerbs(key), ...unwrapVerbs(key)] }),
    ),
    ...(signingKey === undefined
      ? []
      : [{ key: signingKey, role: 'fieldseal signer', verbs: ['read', 'sign'] } satisfies Grant]),
  ]
  const definitions = new Set(grants.map(definition))
  return { kind: 'custom roles (Azure CLI)', text: [...definitions, ...grants.map(assignment), ''].join('\n') }
}

interface Grant {
  readonly key: VaultKey
  readonly role: string
  readonly verbs: readonly Verb[]
}

const VAULTS = '/subscriptions/$SUBSCRIPTION/resourceGroups/$GROUP'

function definition({ key, role, verbs }: Grant): string {
  const dataActions = verbs.map((verb) => dataAction(verb, key))
  if (isManagedHsm(key)) {
    const body = JSON.stringify({ roleName: role, description: 'What fieldseal needs', actions: [], dataActions })
    return `az keyvault role definition create --hsm-name ${vaultName(key)} --role-definition '${body}'`
  }
  const body = {
    ...{ Name: role, IsCustom: true, Description: 'What fieldseal needs', Actions: [], DataActions: dataActions },
    AssignableScopes: ['/subscriptions/$SUBSCRIPTION'],
  }
  // Double quotes around the shell's argument, so that the variable is filled in.
  return `az role definition create --role-definition "${JSON.stringify(body).replaceAll('"', '\\"')}"`
}

function assignment({ key, role }: Grant): string {
  return isManagedHsm(key)
    ? `az keyvault role assignment create --hsm-name ${vaultName(key)} --role "${role}" --assignee $PRINCIPAL --scope /keys/${key.name}`
    : `az role assignment create --role "${role}" --assignee $PRINCIPAL --scope "${VAULTS}/providers/Microsoft.KeyVault/vaults/${vaultName(key)}/keys/${key.name}"`
}

const vaultName = ({ host }: VaultKey): string => host.replace(/[.:].*$/, '')
