import { expect, it } from 'vitest'
import { isLoopback } from './loopback.ts'

it.each([
  ['http://127.0.0.1:8080', true],
  ['http://127.8.0.1', true],
  ['http://localhost:8080/radix', true],
  ['http://[::1]:8080', true],
  ['http://10.0.0.1:8080', false],
  ['http://[fd00::1]:8080', false],
  ['https://localhost.example.com', false],
])('tells whether %s leads to the machine that uses it', (url, expected) => {
  expect(isLoopback(url)).toBe(expected)
})
