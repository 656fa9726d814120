import { expect, it } from 'vitest'
import { asTyped } from './as-typed.ts'

it.each([
  ['radix auth link', './radix auth link'],
  ['./radix auth link', './radix auth link'],
  ['cd radix && radix server', 'cd radix && ./radix server'],
  ['Start one with `radix server`, or `radix --help`.', 'Start one with `./radix server`, or `./radix --help`.'],
  ['RADIX_DATA_DIR', 'RADIX_DATA_DIR'],
  ['npm start', 'npm start'],
  ['/opt/radix bench list', '/opt/radix bench list'],
  ['the radix benchmark', 'the radix benchmark'],
  ['one\nradix agent --api-base http://radix', 'one\n./radix agent --api-base http://radix'],
])('a command is typed as in a clone: %j', (command, typed) => {
  expect(asTyped(command)).toBe(typed)
})

it('takes the name of the program as it is, whatever is in it', () => {
  expect(asTyped('radix bench list', "'/my $& clone/radix'")).toBe("'/my $& clone/radix' bench list")
})
