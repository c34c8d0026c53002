import { KmsConfigurationError } from '../../../errors/index.js'
import { LOCAL_KEY_VARIABLE, localKms } from '../../local.js'
import { given, type Recipe } from '../recipe.js'

export const localRecipe: Recipe = {
  scheme: 'local',
  example: 'local://default',
  options: {
    key: { kind: 'text', variables: [LOCAL_KEY_VARIABLE] },
    keyFile: { kind: 'text', variables: ['FIELDSEAL_LOCAL_KEY_FILE'] },
    allowInProduction: { kind: 'flag', variables: [] },
  },
  several: () => true,
  async open(kek, settings) {
    const [key, keyFile] = [settings.text('key'), settings.text('keyFile')]
    const [keyName, fileName] = [settings.nameOf('key'), settings.nameOf('keyFile')]
    if (key !== undefined && keyFile !== undefined) {
      throw new KmsConfigurationError(`${keyName} and ${fileName} are both set: keep one.`)
    }
    if (key === undefined && keyFile === undefined) {
      throw new KmsConfigurationError(
        `There is no master key: set ${keyName} or ${fileName}. "npx fieldseal keygen" makes one.`,
      )
    }
    return localKms({
      ...given({ key, keyFile }),
      keySource: keyName,
      name: kek.slice('local://'.length),
      allowInProduction: settings.flag('allowInProduction'),
    })
  },
}
