import { describe, expect, it } from 'vitest'
import { retryAfterMs } from '../../src/kms/retry-after.js'

const now = Date.UTC(2026, 0, 1, 12, 0, 0)

describe('a Retry-After header', () => {
  it.each([
    ['0', 0],
    ['3', 3000],
    [' 120 ', 120_000],
    ['Thu, 01 Jan 2026 12:00:07 GMT', 7000],
    ['Thu, 01 Jan 2026 11:59:00 GMT', 0],
  ])('of %j asks to wait %i ms', (header, milliseconds) => {
    expect(retryAfterMs(header, now)).toBe(milliseconds)
  })

  it.each([[undefined], [''], ['-3'], ['1.5'], ['soon'], ['3 s'], ['1e3'], ['99999999999']])(
    'of %j asks nothing',
    (header) => {
      expect(retryAfterMs(header, now)).toBeUndefined()
    },
  )
})
