/** The proof that a run on this machine left nothing that lives: no process, no cluster, no token, no secret. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openDatabase } from '../../src/control-plane/store/database.ts'
import { embeddedConnectionOf } from '../../src/control-plane/store/embedded-postgres.ts'
import { startControlPlane } from './control-plane.ts'
import type { Sandbox } from './sandbox.ts'

export async function expectNothingLeft(sandbox: Sandbox): Promise<void> {
  await sandbox.expectNoProcesses()
  const { server } = await startControlPlane(sandbox)
  const { db, close } = await openDatabase({ connection: embeddedConnectionOf(sandbox.dataDir), displayName: 'test' })
  try {
    const now = new Date()
    expect(await db.selectFrom('clusters').select('name').where('archived_at', 'is', null).execute()).toEqual([])
    expect(
      await db.selectFrom('cluster_tokens').select('cluster_id').where('revoked_at', 'is', null).execute(),
      'live cluster tokens',
    ).toEqual([])
    const onboarding = db.selectFrom('onboarding_tokens').select('cluster_id').where('expires_at', '>', now)
    expect(
      await onboarding.where('used_at', 'is', null).where('revoked_at', 'is', null).execute(),
      'live onboarding tokens',
    ).toEqual([])
    const underWay = ['queued', 'leased', 'running'] as const
    expect(await db.selectFrom('jobs').select('job_id').where('status', 'in', underWay).execute()).toEqual([])
    expect(await db.selectFrom('runs').select('run_id').where('ended_at', 'is', null).execute()).toEqual([])
  } finally {
    await close()
    server.kill('SIGTERM')
    await server.finished
  }
  expect(await readdir(join(sandbox.dataDir, 'machines', 'secrets')).catch(() => [])).toEqual([])
  await sandbox.expectNoProcesses()
}
