import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fakeSystem, temporaryFolder, writeProgram } from './fake-system.ts'
import { moto } from './moto.mjs'
import type { System } from './system.mjs'

interface FakeMachine {
  programs?: string[]
  /** `python3 -m venv` works at once, after `apt-get install`, or never. */
  venv?: 'yes' | 'after apt-get' | 'no'
  online?: boolean
  properties?: Partial<System>
}

function setUpMachine({ programs = ['python3'], venv = 'yes', online = true, properties = {} }: FakeMachine = {}) {
  const root = temporaryFolder()
  const at = (path: string) => join(root, path)
  for (const program of programs) writeProgram(at(`bin/${program}`))
  let hasVenv = venv === 'yes'
  const system = fakeSystem(
    (argv) => {
      const line = argv.join(' ')
      if (line.includes('sys.version_info')) return argv[0]?.startsWith(at('bin')) ? {} : undefined
      if (argv[0] === 'apt-get') {
        if (line.includes('install')) hasVenv = venv !== 'no'
        return {}
      }
      if (line.includes('-m venv') && !hasVenv) return { ok: false, output: 'No module named ensurepip' }
      if (line.includes('venv')) return {}
      if (!online) return { ok: false, output: 'looking…\nERROR: no network' }
      writeProgram(at('.radix/moto/bin/moto_server'))
      return {}
    },
    { ...properties, env: { PATH: at('bin'), ...properties.env } },
  )
  return { root, at, system }
}

describe('moto', () => {
  test('is installed once, into an environment of its own, at the version that the tests are written for', async () => {
    const { root, at, system } = setUpMachine()
    expect(moto.check({ root, system })).toBeUndefined()
    const found = { RADIX_MOTO_SERVER: at('.radix/moto/bin/moto_server') }
    expect(await moto.provide({ root, system })).toEqual(found)
    expect(system.ran.at(-1)).toMatch(/pip install .*moto\[\S+\]==5\.2\.5 .*zizmor==\S+$/)

    system.ran.length = 0
    expect(moto.check({ root, system })).toEqual(found)
    expect(system.ran).toEqual([])
  })

  test('is installed with uv where there is one', async () => {
    const { root, system } = setUpMachine({ programs: ['uv'] })
    await moto.provide({ root, system })
    expect(system.ran.at(-1)).toMatch(/^uv pip install/)
  })

  test('is installed anew when the clone has moved: its programs name their interpreter by its path', async () => {
    const { root, at, system } = setUpMachine()
    await moto.provide({ root, system })
    writeProgram(at('moved/here'))
    renameSync(at('.radix'), at('moved/.radix'))
    expect(moto.check({ root: at('moved'), system })).toBeUndefined()
  })

  test('as root on Debian the missing venv module is installed first', async () => {
    const machine: FakeMachine = { programs: ['python3', 'apt-get'], venv: 'after apt-get' }
    const { root, system } = setUpMachine({ ...machine, properties: { isRoot: true } })
    expect(await moto.provide({ root, system })).toHaveProperty('RADIX_MOTO_SERVER')
    expect(system.ran.join('\n')).toMatch(/apt-get .*install -y .*python3-venv/)
  })

  test('cannot be had: says why and what is skipped, leaves nothing half-made, never runs sudo', async () => {
    const { root, system } = setUpMachine({ programs: ['python3', 'apt-get'], venv: 'no' })
    expect(await moto.provide({ root, system })).toEqual({})
    expect(system.said.join('\n')).toMatch(/SETUP_MOTO_UNAVAILABLE.*no venv module.*sudo apt-get.*SKIPPED/s)
    expect(existsSync(join(root, '.radix/moto'))).toBe(false)
    expect(system.ran.filter((line) => /sudo|apt-get/.test(line))).toEqual([])
  })

  test('cannot be had in CI: an error, so that nothing is skipped there', async () => {
    const { root, system } = setUpMachine({ online: false, properties: { env: { CI: 'true' } } })
    await expect(moto.provide({ root, system })).rejects.toMatchObject({
      code: 'SETUP_MOTO_UNAVAILABLE',
      details: { tried: expect.stringContaining('ERROR: no network') },
    })
  })
})

describe('RADIX_MOTO_SERVER', () => {
  test('is used as it is, and refused when it is no program', async () => {
    const { root, at, system } = setUpMachine()
    system.env.RADIX_MOTO_SERVER = writeProgram(at('own/moto_server'))
    expect(moto.check({ root, system })).toEqual({ RADIX_MOTO_SERVER: at('own/moto_server') })
    system.env.RADIX_MOTO_SERVER = at('own/other')
    expect(moto.check({ root, system })).toBeUndefined()
    await expect(moto.provide({ root, system })).rejects.toMatchObject({ code: 'SETUP_MOTO_UNUSABLE' })
  })
})
