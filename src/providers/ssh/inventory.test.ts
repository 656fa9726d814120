import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { chosenHosts, readInventory, SshSettings, toSshSettings } from './inventory.ts'

let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'radix-inventory-'))
  path = join(directory, 'hosts.yaml')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

it('applies the defaults, and makes the paths of this machine absolute', () => {
  writeFileSync(
    path,
    `defaults:
  user: bench
  identity_file: ~/.ssh/bench
  known_hosts: known_hosts
hosts:
  - name: gpu-1
    address: 10.0.0.11
    port: 2222
    labels: { rack: a1 }
    price_per_hour: 2.5
  - name: gpu-2
    user: other
`,
  )
  const identity_file = join(homedir(), '.ssh/bench')
  const known_hosts = join(directory, 'known_hosts')
  const shared = { identity_file, known_hosts, directory: '.radix-host', lease: '/tmp/radix-lease' }
  expect(readInventory(path)).toEqual([
    {
      ...shared,
      name: 'gpu-1',
      address: '10.0.0.11',
      port: 2222,
      user: 'bench',
      labels: { rack: 'a1' },
      price_per_hour: 2.5,
    },
    { ...shared, name: 'gpu-2', address: 'gpu-2', user: 'other' },
  ])
})

it('is JSON, too; the settings of a run keep all of it, and know the host that was chosen', () => {
  writeFileSync(path, JSON.stringify({ hosts: [{ name: 'a' }, { name: 'b' }] }))
  const settings = toSshSettings({ inventory: path, host: 'b' })
  expect(SshSettings.parse(JSON.parse(JSON.stringify(settings)))).toEqual(settings)
  expect(chosenHosts(settings).map(({ name }) => name)).toEqual(['b'])
  expect(chosenHosts(toSshSettings({ inventory: path })).map(({ name }) => name)).toEqual(['a', 'b'])
  expect(() => toSshSettings({ inventory: path, host: 'c' })).toThrow(
    expect.objectContaining({ fix: expect.stringContaining('a, b') }),
  )
})

it.each([
  ['hosts: []', 'hosts in'],
  ['hosts: [{ name: gpu 1 }]', 'hosts.0.name in'],
  ['hosts: [{ name: a, port: 70000 }]', 'hosts.0.port in'],
  ['hosts: [{ name: a }, { name: a }]', 'two hosts have this name'],
  ['hosts: [{ name: a, address: -oProxyCommand=x }]', 'hosts.0.address in'],
  ['hosts: [{ name: a, user: -x }]', 'hosts.0.user in'],
  ['hosts: [{ name: a, lease: relative }]', 'hosts.0.lease in'],
  ['hosts: [{ name: a, host_key_checking: no }]', 'hosts.0.host_key_checking in'],
  ['hosts: [{ name: a, password: secret }]', 'hosts.0 in'],
  ['hosts: {', '--inventory is'],
  ['hosts: &all [{ name: a, labels: *all }]', '--inventory is'],
  ['- a', '--inventory is'],
  ['', '--inventory is'],
])('refuses %s, and says where', (text, where) => {
  writeFileSync(path, text)
  expect(() => readInventory(path)).toThrow(where)
})

it('refuses a file that is not there, and a run without one', () => {
  expect(() => readInventory(path)).toThrow('ENOENT')
  expect(() => toSshSettings({})).toThrow('--inventory')
})
