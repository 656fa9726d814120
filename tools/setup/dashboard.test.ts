import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dashboard } from './dashboard.mjs'
import { Failure } from './errors.mjs'
import { fakeHost, temporaryFolder } from './fake-host.ts'

function setUpClone(build = () => '') {
  const root = temporaryFolder()
  for (const folder of ['dashboard/src', 'src/workloads', 'src/contract', 'src/core', 'src/errors']) {
    mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, folder, 'a.ts'), '1')
  }
  writeFileSync(join(root, 'package-lock.json'), '{}')
  return fakeHost(
    () => {
      rmSync(join(root, 'dist', 'dashboard'), { recursive: true, force: true })
      mkdirSync(join(root, 'dist', 'dashboard'), { recursive: true })
      return build()
    },
    { root },
  )
}

test('is built once for the same sources', async () => {
  const host = setUpClone()
  expect(dashboard.check(host)).toBeUndefined()
  await dashboard.provide(host)
  expect(host.ran[0]).toMatch(/vite\.js build dashboard$/)
  expect(dashboard.check(host)).toEqual({})
})

test.each(['dashboard/src/a.ts', 'src/workloads/a.ts', 'src/contract/a.ts', 'package-lock.json'])(
  'is built again when %s changes',
  async (path) => {
    const host = setUpClone()
    await dashboard.provide(host)
    writeFileSync(join(host.root, path), '2')
    expect(dashboard.check(host)).toBeUndefined()
  },
)

test('is built again when it is gone', async () => {
  const host = setUpClone()
  await dashboard.provide(host)
  rmSync(join(host.root, 'dist', 'dashboard'), { recursive: true })
  expect(dashboard.check(host)).toBeUndefined()
})

test('is unfinished, and says why, when the build fails', async () => {
  let reason = ''
  const host = setUpClone(() => {
    if (reason) throw new Failure(reason)
    return ''
  })
  await dashboard.provide(host)
  reason = 'a.tsx: unexpected token'
  await expect(dashboard.provide(host)).rejects.toMatchObject({
    code: 'SETUP_DASHBOARD_FAILED',
    text: expect.stringContaining(reason),
  })
  expect(dashboard.check(host)).toBeUndefined()
})
