import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chromium } from './chromium.mjs'
import { fakeSystem, temporaryFolder, writeProgram } from './fake-system.ts'

describe('Chromium', () => {
  it('is the one on PATH, or the one that is named', () => {
    const root = temporaryFolder()
    const found = writeProgram(join(root, 'bin', 'chromium-browser'))
    const system = fakeSystem(() => undefined, { env: { PATH: join(root, 'bin') } })
    expect(chromium.check({ root, system })).toEqual({ RADIX_CHROMIUM: found })
    const named = writeProgram(join(root, 'own', 'chrome'))
    const told = fakeSystem(() => undefined, { env: { PATH: join(root, 'bin'), RADIX_CHROMIUM: named } })
    expect(chromium.check({ root, system: told })).toEqual({ RADIX_CHROMIUM: named })
  })

  it('is installed by root on Debian', async () => {
    const root = temporaryFolder()
    writeProgram(join(root, 'bin', 'apt-get'))
    const install = (argv: string[]) => {
      if (argv.includes('chromium')) writeProgram(join(root, 'bin', 'chromium'))
      return { ok: true }
    }
    const system = fakeSystem(install, { env: { PATH: join(root, 'bin') }, isRoot: true })
    expect(chromium.check({ root, system })).toBeUndefined()
    expect(await chromium.provide({ root, system })).toEqual({ RADIX_CHROMIUM: join(root, 'bin', 'chromium') })
  })

  it('is done without elsewhere, loudly, and never in CI', async () => {
    const root = temporaryFolder()
    const system = fakeSystem(() => undefined, { env: { PATH: join(root, 'bin') } })
    expect(await chromium.provide({ root, system })).toEqual({})
    expect(system.said.join('\n')).toContain('SKIPPED')
    const inCi = fakeSystem(() => undefined, { env: { PATH: join(root, 'bin'), CI: '1' } })
    await expect(chromium.provide({ root, system: inCi })).rejects.toMatchObject({ code: 'SETUP_CHROMIUM_UNAVAILABLE' })
  })
})
