import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Failure } from './errors.mjs'
import { fakeHost, temporaryFolder, writeProgram } from './fake-host.ts'
import type { Host } from './host.mjs'
import { chromium, moto } from './test-tools.mjs'

interface FakeMachine {
  programs?: string[]
  /** `python3 -m venv` works at once, after `apt-get install`, or never. */
  venv?: 'yes' | 'after apt-get' | 'no'
  online?: boolean
  properties?: Partial<Host>
}

function setUpMachine({ programs = ['python3'], venv = 'yes', online = true, properties = {} }: FakeMachine = {}) {
  const root = temporaryFolder()
  const at = (path: string) => join(root, path)
  for (const program of programs) writeProgram(at(`bin/${program}`))
  let hasVenv = venv === 'yes'
  const host = fakeHost(
    (argv) => {
      const line = argv.join(' ')
      if (argv[1] === '-c') return argv[0]?.startsWith(at('bin')) ? '' : undefined
      if (argv[0] === 'apt-get') {
        if (line.includes('install')) hasVenv = venv !== 'no'
        if (line.endsWith('chromium')) writeProgram(at('bin/chromium'))
        return ''
      }
      if (line.includes('-m venv') && !hasVenv) throw new Failure('ensurepip is not available')
      if (line.includes('venv')) return ''
      if (!online) throw new Failure('ERROR: no network')
      writeProgram(at('.radix/moto/bin/moto_server'))
      return ''
    },
    { root, ...properties },
  )
  return { root, at, host }
}

describe('moto', () => {
  test('is installed once, into an environment of its own, at the version that the tests are written for', async () => {
    const { at, host } = setUpMachine()
    expect(moto.check(host)).toBeUndefined()
    await moto.provide(host)
    expect(host.ran.at(-1)).toMatch(/pip install .*moto\[\S+\]==5\.2\.5 .*zizmor==\S+$/)
    expect(moto.check(host)).toEqual({ RADIX_MOTO_SERVER: at('.radix/moto/bin/moto_server') })
  })

  test('is installed with uv where there is one', async () => {
    const { host } = setUpMachine({ programs: ['uv'] })
    await moto.provide(host)
    expect(host.ran.at(-1)).toMatch(/^uv pip install/)
  })

  test('is installed anew when the clone has moved: its programs name their interpreter by its path', async () => {
    const { at, host } = setUpMachine()
    await moto.provide(host)
    writeProgram(at('moved/here'))
    renameSync(at('.radix'), at('moved/.radix'))
    expect(moto.check({ ...host, root: at('moved') })).toBeUndefined()
  })

  test('as root on Debian the missing venv module is installed first', async () => {
    const properties = { isRoot: true }
    const { host } = setUpMachine({ programs: ['python3', 'apt-get'], venv: 'after apt-get', properties })
    await moto.provide(host)
    expect(host.ran.join('\n')).toMatch(/apt-get .*install -y .*python3-venv/)
  })

  test('that cannot be had says why, leaves nothing half-made, and never runs sudo', async () => {
    const { root, host } = setUpMachine({ programs: ['python3', 'apt-get'], venv: 'no' })
    await expect(moto.provide(host)).rejects.toMatchObject({
      code: 'SETUP_MOTO_UNAVAILABLE',
      text: expect.stringMatching(/ensurepip is not available.*sudo apt-get.*python3-venv/s),
    })
    expect(existsSync(join(root, '.radix/moto'))).toBe(false)
    expect(host.ran.filter((line) => /sudo|apt-get/.test(line))).toEqual([])

    const offline = setUpMachine({ online: false })
    await expect(moto.provide(offline.host)).rejects.toMatchObject({
      text: expect.stringContaining('ERROR: no network'),
    })
  })

  test('that the user names is used', () => {
    expect(moto.check(setUpMachine({ properties: { env: { RADIX_MOTO_SERVER: '/own' } } }).host)).toEqual({})
  })
})

describe('Chromium', () => {
  test('is the one on PATH, or the one that is named', () => {
    const { at, host } = setUpMachine({ programs: ['chromium-browser'] })
    expect(chromium.check(host)).toEqual({ RADIX_CHROMIUM: at('bin/chromium-browser') })
    host.env.RADIX_CHROMIUM = '/own/chrome'
    expect(chromium.check(host)).toEqual({})
  })

  test('is installed by root on Debian', async () => {
    const { at, host } = setUpMachine({ programs: ['apt-get'], properties: { isRoot: true } })
    await chromium.provide(host)
    expect(host.ran.at(-1)).toMatch(/^apt-get .*install -y .*chromium$/)
    expect(chromium.check(host)).toEqual({ RADIX_CHROMIUM: at('bin/chromium') })
  })

  test('that cannot be had says why', async () => {
    const { host } = setUpMachine({ programs: ['apt-get'] })
    await expect(chromium.provide(host)).rejects.toMatchObject({
      code: 'SETUP_CHROMIUM_UNAVAILABLE',
      text: expect.stringMatching(/needs root.*fix: sudo apt-get/s),
    })
  })
})
