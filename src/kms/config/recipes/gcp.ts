import { given, type Recipe } from '../recipe.js'

export const gcpRecipe: Recipe = {
  scheme: 'gcp-kms',
  example: 'gcp-kms://projects/P/locations/L/keyRings/R/cryptoKeys/K',
  packageName: '@google-cloud/kms',
  options: {
    projects: { kind: 'list', variables: [] },
    credentialsFile: { kind: 'text', variables: [] },
    endpoint: { kind: 'text', variables: [] },
  },
  several: (settings) => settings.every((each) => each.list('projects') !== undefined),
  async open(kek, settings) {
    const { gcpKms } = await import('../../gcp/index.js')
    const client = given({ keyFilename: settings.text('credentialsFile'), apiEndpoint: settings.text('endpoint') })
    return gcpKms({ key: kek, client, ...given({ projects: settings.list('projects') }) })
  },
}
