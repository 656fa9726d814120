import { expect, it } from 'vitest'
import { dataDirectory, machinesDirectory, runsDirectory } from './directories.ts'

it.each([
  ['the variable wins', { env: { RADIX_DATA_DIR: '/srv/radix' }, home: '/home/a', uid: 0 }, '/srv/radix'],
  ['root', { env: {}, home: '/root', uid: 0 }, '/var/lib/radix'],
  ['a user', { env: {}, home: '/home/a', uid: 1000 }, '/home/a/.local/share/radix'],
  ['a user with XDG', { env: { XDG_DATA_HOME: '/x' }, home: '/home/a', uid: 1000 }, '/x/radix'],
  ['no user ids', { env: {}, home: '/home/a', uid: undefined }, '/home/a/.local/share/radix'],
])('chooses the data directory: %s', (_, environment, expected) => {
  expect(dataDirectory(environment)).toBe(expected)
})

it('keeps runs and machines apart', () => {
  expect(runsDirectory('/d')).toBe('/d/runs')
  expect(machinesDirectory('/d')).toBe('/d/machines')
})
