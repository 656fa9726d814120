/** The proof that a run on this machine left nothing that lives: no process, no cluster, no token, no secret. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openDatabase } from '../../src/control-plane/store/database.ts'
import { startEmbeddedPostgres } from '../../src/control-plane/store/embedded-postgres.ts'
import { silentLogger } from '../../src/core/logger.ts'
import type { Sandbox } from './sandbox.ts'

export async function expectNothingLeft(sandbox: Sandbox): Promise<void> {
  await sandbox.expectNoProcesses()
  // The database alone: a server would tidy up in it first.
  const postgres = await startEmbeddedPostgres(sandbox.dataDir, silentLogger)
  const { db, close } = await openDatabase(postgres)
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
    await postgres.close()
  }
  expect(await readdir(join(sandbox.dataDir, 'machines', 'secrets')).catch(() => [])).toEqual([])
  await sandbox.expectNoProcesses()
}
