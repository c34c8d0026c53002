import { given, type Recipe } from '../recipe.js'

export const azureRecipe: Recipe = {
  scheme: 'azure-kv',
  example: 'azure-kv://app.vault.azure.net/keys/app',
  packageName: '@azure/keyvault-keys',
  options: {
    signingKey: { kind: 'text', variables: ['FIELDSEAL_AZURE_SIGNING_KEY'] },
    acceptSigningKeys: { kind: 'list', variables: [] },
  },
  async open(kek, settings) {
    const [{ azureKms }, { defaultAzureCredential }] = await Promise.all([
      import('../../azure/index.js'),
      import('../../azure/default-credential.js'),
    ])
    return azureKms({
      kek,
      credential: await defaultAzureCredential(),
      ...given({ signingKey: settings.text('signingKey'), acceptSigningKeys: settings.list('acceptSigningKeys') }),
    })
  },
}
