import { describe } from 'vitest'
import { memoryKms } from '../../../src/testing/index.js'
import { plantedRows } from './planted-rows.js'

describe('the in-memory KMS', () => {
  const kms = memoryKms()
  plantedRows(() => kms)
})
