import { expect, it } from 'vitest'
import { wrapHelp } from './text-layout.ts'

it('continues a line of a help under the meaning of its term, and leaves lines that fit as they are', () => {
  const help = `Options:
  --day <usd>   dollars
  RADIX_NAME    one two three four
                five six seven eight nine
Exit codes: 0 ok, 1 failed, 2 usage, 3 fall`
  expect(wrapHelp(help, 36)).toBe(`Options:
  --day <usd>   dollars
  RADIX_NAME    one two three four
                five six seven eight
                nine
Exit codes: 0 ok, 1 failed, 2 usage,
3 fall`)
})
