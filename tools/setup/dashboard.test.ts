import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dashboard, dashboardIfPossible } from './dashboard.mjs'
import { fakeSystem, temporaryFolder } from './fake-system.ts'

function setUpClone(build = { ok: true, output: '' }) {
  const root = temporaryFolder()
  for (const folder of ['dashboard/src', 'src/contract', 'src/core', 'src/errors']) {
    mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, folder, 'a.ts'), '1')
  }
  writeFileSync(join(root, 'package-lock.json'), '{}')
  const system = fakeSystem(() => {
    mkdirSync(join(root, 'dist', 'dashboard'), { recursive: true })
    writeFileSync(join(root, 'dist', 'dashboard', 'index.html'), '')
    return build
  })
  return { root, system }
}

test('is built once for the same sources', async () => {
  const { root, system } = setUpClone()
  expect(dashboard.check({ root, system })).toBeUndefined()
  await dashboard.provide({ root, system })
  expect(system.ran[0]).toMatch(/vite\.js build dashboard$/)
  expect(dashboard.check({ root, system })).toEqual({})
})

test.each(['dashboard/src/a.ts', 'src/contract/a.ts', 'package-lock.json'])(
  'is built again when %s changes',
  async (path) => {
    const { root, system } = setUpClone()
    await dashboard.provide({ root, system })
    writeFileSync(join(root, path), '2')
    expect(dashboard.check({ root, system })).toBeUndefined()
  },
)

test('is built again when it is gone', async () => {
  const { root, system } = setUpClone()
  await dashboard.provide({ root, system })
  rmSync(join(root, 'dist', 'dashboard', 'index.html'))
  expect(dashboard.check({ root, system })).toBeUndefined()
})

test('says why it could not be built', async () => {
  const { root, system } = setUpClone({ ok: false, output: 'a.tsx: unexpected token' })
  await expect(dashboard.provide({ root, system })).rejects.toMatchObject({ code: 'SETUP_DASHBOARD_FAILED' })
  expect(dashboard.check({ root, system })).toBeUndefined()
})

test('a command that only also shows it goes on without it', async () => {
  const { root, system } = setUpClone({ ok: false, output: 'a.tsx: unexpected token' })
  expect(await dashboardIfPossible.provide({ root, system })).toEqual({})
  expect(system.said.join('\n')).toMatch(/SETUP_DASHBOARD_FAILED.*unexpected token.*Going on without it/s)
})
