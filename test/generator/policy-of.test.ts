import { readFileSync } from 'node:fs'
import path from 'node:path'
import { getDMMF } from '@prisma/get-dmmf'
import { expect, it } from 'vitest'
import { policyOf } from '../../src/generator/policy-of.js'

it('x', async () => {
  const datamodel = 'datasource db {\n provider = "sqlite"\n}\n' + readFileSync('/work/main/prisma/test/models.prisma', 'utf8')
  const dmmf = await getDMMF({ datamodel })
  console.log(JSON.stringify(policyOf({ dmmf, datamodel })).slice(0, 1500))
})
