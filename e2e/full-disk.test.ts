/** A really full disk: it is reported, nothing keeps running, and the work is finished once there is space. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyUsedDatabase } from '../src/control-plane/testing/used-database.ts'
import { startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { expectError } from './support/expect-error.ts'
import { expectNothingLeft } from './support/nothing-left.ts'
import { OWN_COMPILE_CACHE, Sandbox } from './support/sandbox.ts'
import { mountSmallDisk, type SmallDisk } from './support/small-disk.ts'
import { createStandInWorkload } from './support/stand-in-workload.ts'

const NO_MOUNT = 'this user may not mount a file system'

let sandbox: Sandbox
let disk: SmallDisk | undefined
beforeEach(async () => {
  sandbox = await Sandbox.create()
})
afterEach(async () => {
  try {
    disk?.unmount()
  } finally {
    disk = undefined
    await sandbox.remove()
  }
})

describe('a full disk', () => {
  it('is reported by the server, which leaves nothing running', async ({ skip }) => {
    disk = mountSmallDisk(sandbox.dataDir, 2048)
    if (!disk) skip(NO_MOUNT)
    expectError(await sandbox.run(['server', '--port', '0'], OWN_COMPILE_CACHE), 'DISK_FULL', 1)
    await sandbox.expectNoProcesses()
  })

  it('is reported by a run before it starts anything', async ({ skip }) => {
    const directory = join(sandbox.directory, 'small-disk')
    disk = mountSmallDisk(directory, 16)
    if (!disk) skip(NO_MOUNT)
    await writeFile(join(directory, 'filling'), Buffer.alloc(12_000)).catch(() => {})
    const controlPlane = await startControlPlane(sandbox)
    const argv = ['bench', 'run', '--quick', '--data-dir', directory, '--api-base', controlPlane.url]
    const token = await sandbox.mintToken()
    expectError(await sandbox.run(argv, { ...OWN_COMPILE_CACHE, RADIX_TOKEN: token }), 'DISK_FULL', 1)
    const { items } = await controlPlane.client.call('listClusters', { query: { status: 'active' } })
    expect(items).toEqual([])
    await stopControlPlane(controlPlane)
    await sandbox.expectNoProcesses()
  })

  it('does not stop a clean-up from terminating the machine; a second one does the rest once there is space', async ({
    skip,
  }) => {
    const smallDisk = mountSmallDisk(sandbox.dataDir, 256 * 1024) ?? skip(NO_MOUNT)
    disk = smallDisk
    await copyUsedDatabase(sandbox.dataDir)
    const { path } = await createStandInWorkload(sandbox.directory, { waits: true })
    const env = { ...OWN_COMPILE_CACHE, RADIX_PYTHON: path }
    const running = sandbox.radix(['bench', 'run', '--quick'], env)
    await running.waitFor(/trial 1\/1: train/)
    smallDisk.fill()
    running.kill('SIGKILL')
    const runId = /run_[0-9a-z]{26}/.exec((await running.finished).stdout)?.[0] ?? ''
    const first = await sandbox.run(['bench', 'cleanup', runId, '--json'], env)
    expect(first.exitCode, first.stderr).toBe(1)
    const outcome = JSON.parse(first.stdout)
    expect(outcome.termination).toMatchObject({ confirmed: true, state: 'confirmed' })
    expect(outcome.pending.map(({ step }: { step: string }) => step)).toContain('create-cluster')
    expect(first.stderr).not.toContain('INTERNAL')
    expect(first.stdout).not.toContain('INTERNAL')
    await sandbox.expectNoProcesses()
    await smallDisk.makeRoom()
    const second = await sandbox.run(['bench', 'cleanup', runId, '--json'], env)
    expect(second.exitCode, second.stderr).toBe(0)
    expect(JSON.parse(second.stdout)).toMatchObject({ pending: [], termination: { confirmed: true } })
    await expectNothingLeft(sandbox)
  })
})
