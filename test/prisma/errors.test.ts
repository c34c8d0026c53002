import { test } from 'vitest'
import { configurations } from '../support/matrix.js'
import { prepareSealed } from '../support/sealed-client.js'
test.each(configurations({databases: ['sqlite','pglite']}))('$title', async (c) => {
  const b = await prepareSealed(c)
  const k: any = b.base
  console.log(c.title, 'active', k._activeProvider, k._engineConfig?.activeProvider, b.policy.provider, Object.keys(k._runtimeDataModel), JSON.stringify(k._runtimeDataModel.models.Client.fields.slice(0,3)), JSON.stringify(k._runtimeDataModel.models.FieldsealKey).slice(0,200))
  await b.dispose()
})
