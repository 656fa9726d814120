import { expect, it } from 'vitest'
import { formatAmount } from './show.ts'

it('shows amounts in dollars, also those below nothing', () => {
  expect([null, 0, 1.005, 1234.5, -5].map(formatAmount)).toEqual(['no limit', '$0.00', '$1.00', '$1234.50', '-$5.00'])
})
