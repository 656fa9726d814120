/** Backup, restore and upgrade of a control plane on an external PostgreSQL, as docs/DEPLOY.md tells them. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../src/contract/client.ts'
import { runRegistration } from '../src/contract/testing/new-objects.ts'
import { hashOpaqueToken, newOpaqueToken } from '../src/control-plane/auth/opaque-token.ts'
import { openDatabase } from '../src/control-plane/store/database.ts'
import { MIGRATIONS, migrate } from '../src/control-plane/store/migrate.ts'
import { newId } from '../src/core/ids.ts'
import { buildEvidence } from '../src/evidence/build.ts'
import { signEvidence } from '../src/evidence/signature/sign.ts'
import { gpuFacts } from '../src/evidence/testing/facts.ts'
import { testSigner } from '../src/evidence/testing/signing-key.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { Sandbox } from './support/sandbox.ts'
import { findSystemPostgres, type SystemPostgres, startSystemPostgres } from './support/system-postgres.ts'

const programs = findSystemPostgres()
if (!programs)
  process.stderr.write('Backup and restore are not tested: this system has no PostgreSQL with its tools.\n')

const serve = (sandbox: Sandbox, url: string) =>
  startControlPlane(sandbox, 0, [], { DATABASE_URL: url, RADIX_LOCAL_ISSUER: '1' })

describe.skipIf(!programs)('a control plane on an external PostgreSQL', () => {
  let sandbox: Sandbox
  let postgres: SystemPostgres

  beforeAll(async () => {
    sandbox = await Sandbox.create()
    postgres = await startSystemPostgres(programs ?? '', sandbox.directory)
  })
  afterAll(async () => {
    postgres?.close()
    await sandbox?.remove()
  })

  it('comes back from a dump that was made while it served, with its data directory', async () => {
    postgres.run('createdb', 'radix')
    const first = await serve(sandbox, postgres.urlOf('radix'))
    const { runId, apiKey } = await useIt(first)
    const dump = join(sandbox.directory, 'radix.dump')
    postgres.run('pg_dump', '--format', 'custom', '--no-owner', '--file', dump, 'radix')
    const before = await readEverything(first, runId)
    // After the dump: not in it.
    await first.client.call('createCluster', { body: { name: 'too late' } })
    await stopControlPlane(first)

    postgres.run('createdb', 'restored')
    postgres.run('pg_restore', '--exit-on-error', '--no-owner', '--dbname', 'restored', dump)
    const other = await Sandbox.create()
    await cp(sandbox.dataDir, other.dataDir, { recursive: true })
    const second = await serve(other, postgres.urlOf('restored'))
    expect(await readEverything(second, runId)).toEqual(before)
    // Keys work, signatures verify, and the audit log is still append-only.
    const body = { job_type: 'a', candidate_gpu_types: ['A10G'] }
    await createClient({ baseUrl: second.url, credential: () => apiKey }).call('score', { body })
    expect(() => postgres.run('psql', '--dbname', 'restored', '--command', 'delete from audit_events')).toThrow(
      'append-only',
    )
    await stopControlPlane(second)
    await other.remove()
  })

  it('is upgraded when a newer version starts, and what its users had goes on working', async () => {
    postgres.run('createdb', 'earlier')
    const url = postgres.urlOf('earlier')
    const earlier = await openDatabase({ connection: { connectionString: url }, displayName: 'earlier' })
    await migrate(earlier.db, MIGRATIONS.slice(0, FIRST_WITH_ROLES))
    const key = newOpaqueToken('apiKey')
    const columns = { tenant_id: 'local', name: 'scheduler', prefix: 'radix_ak_' }
    const row = { ...columns, api_key_id: newId('key'), key_hash: hashOpaqueToken(key) }
    await earlier.db.insertInto('api_keys').values(row).execute()
    await earlier.close()

    const upgraded = await serve(sandbox, url)
    expect(await upgraded.client.call('getSession', {})).toMatchObject({ role: 'admin' })
    const client = createClient({ baseUrl: upgraded.url, credential: () => key })
    const observed = { job_id: 'j', job_type: 'a', gpu_type: 'A10G', actual_runtime: 1, success: true }
    await client.call('observe', { body: observed })
    expect((await upgraded.client.call('listApiKeys', {})).items).toMatchObject([
      { name: 'scheduler', role: 'operator' },
    ])
    await stopControlPlane(upgraded)
  })
})

const FIRST_WITH_ROLES = MIGRATIONS.findIndex(({ name }) => name === '0016-roles')

async function useIt({ client }: ControlPlane) {
  const { run_id: runId } = await client.call('registerRun', { body: runRegistration() })
  const body = signEvidence(buildEvidence(gpuFacts({ runId })), testSigner())
  await client.call('putEvidence', { params: { run_id: runId }, body })
  await client.call('createCluster', { body: { name: 'gpu-box' } })
  await client.call('setBudget', { body: { per_day_usd: 10, per_month_usd: null } })
  const { api_key: apiKey } = await client.call('createApiKey', { body: { name: 'scheduler' } })
  return { runId, apiKey }
}

async function readEverything({ client }: ControlPlane, run_id: string) {
  const params = { run_id }
  const { state, key_id } = await client.call('getEvidenceSignature', { params })
  return {
    run: await client.call('getRun', { params }),
    evidence: await client.call('getEvidence', { params }),
    signature: { state, key_id },
    clusters: await client.call('listClusters', {}),
    trends: await client.call('getTrends', {}),
    budget: (await client.call('getBudget', {})).day.limit_usd,
    audit: await client.call('listAuditEvents', {}),
  }
}
