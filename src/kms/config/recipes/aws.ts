import { given, type Recipe } from '../recipe.js'

export const awsRecipe: Recipe = {
  scheme: 'aws-kms',
  example: 'aws-kms://alias/app',
  packageName: '@aws-sdk/client-kms',
  options: {
    region: { kind: 'text', variables: ['AWS_REGION'] },
    endpoint: { kind: 'text', variables: ['AWS_ENDPOINT_URL_KMS', 'AWS_ENDPOINT_URL'] },
    replicaRegion: { kind: 'text', variables: [] },
    accounts: { kind: 'list', variables: [] },
  },
  several: (settings) => settings.every((each) => each.list('accounts') !== undefined),
  async open(kek, settings, app) {
    const { awsKms } = await import('../../aws/index.js')
    return awsKms({
      keyId: kek,
      app,
      ...given({
        region: settings.text('region'),
        endpoint: settings.text('endpoint'),
        replicaRegion: settings.text('replicaRegion'),
        accounts: settings.list('accounts'),
      }),
    })
  },
}
