import { expect, it } from 'vitest'
import { asTyped } from './as-typed.ts'

it.each([
  ['radix auth link', './radix auth link'],
  ['./radix auth link', './radix auth link'],
  ['cd radix && radix server', 'cd radix && ./radix server'],
  ['RADIX_DATA_DIR', 'RADIX_DATA_DIR'],
  ['npm start', 'npm start'],
  ['one\nradix agent --api-base http://radix', 'one\n./radix agent --api-base http://radix'],
])('a command is typed as in a clone: %j', (command, typed) => {
  expect(asTyped(command)).toBe(typed)
})
