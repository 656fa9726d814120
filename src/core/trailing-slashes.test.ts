import { expect, it } from 'vitest'
import { withoutTrailingSlashes } from './trailing-slashes.ts'

it.each([
  ['https://radix.example.com', 'https://radix.example.com'],
  ['https://radix.example.com/a//', 'https://radix.example.com/a'],
  ['//', ''],
  ['', ''],
])('removes the slashes at the end of %s', (address, expected) => {
  expect(withoutTrailingSlashes(address)).toBe(expected)
})
