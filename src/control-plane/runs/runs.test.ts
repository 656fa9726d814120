/** Runs: registered before anything is billed, reported as they go, ended once. */
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { UpdateRunBody } from '../../contract/schemas/run.ts'
import { newId } from '../../core/ids.ts'
import { isFinal, mayTransition, RUN_STATUSES, RUN_TRANSITIONS, type RunStatus } from '../../core/transitions.ts'
import { buildEvidence } from '../../evidence/build.ts'
import { signEvidence } from '../../evidence/signature/sign.ts'
import { gpuFacts } from '../../evidence/testing/facts.ts'
import { testSigner } from '../../evidence/testing/signing-key.ts'
import { refusalOf } from '../testing/requests.ts'
import { startTestServer, type Tenant, type TestServer } from '../testing/test-server.ts'

let server: TestServer
let tenant: Tenant
beforeAll(async () => {
  server = await startTestServer()
  tenant = await server.newTenant()
})
afterAll(() => server.close())

const registration = (run_id = newId('run')) => ({
  run_id,
  provider: 'ec2' as const,
  cluster_name: 'ci-gpu',
  parameters: { instance_type: 'g5.xlarge', ttl_minutes: 30 },
  labels: { repository: 'a/b' },
  deadline_at: '2026-01-01T00:30:00.000Z',
  worst_case_cost_usd: 0.503,
})

async function register() {
  const { run_id } = await tenant.client.call('registerRun', { body: registration() })
  const params = { run_id }
  return {
    run_id,
    update: (body: z.input<typeof UpdateRunBody>) => tenant.client.call('updateRun', { params, body }),
    read: () => tenant.client.call('getRun', { params }),
    cancel: () => tenant.client.call('cancelRun', { params }),
    putEvidence: (body: { schema: 'radix.evidence/v2'; [member: string]: unknown }) =>
      tenant.client.call('putEvidence', { params, body }),
    getEvidence: () => tenant.client.call('getEvidence', { params }),
  }
}

describe('registering', () => {
  it('keeps what a later clean-up needs to know', async () => {
    const body = registration()
    expect(await tenant.client.call('registerRun', { body })).toMatchObject({
      ...body,
      tenant_id: tenant.tenantId,
      status: 'registered',
      machine: null,
      steps: [],
      has_evidence: false,
      cancel_requested: false,
      ended_at: null,
    })
  })

  it('again answers with the run as it is', async () => {
    const { run_id, update } = await register()
    await update({ status: 'running', cluster_id: 'cl_1' })
    const again = await tenant.client.call('registerRun', { body: { ...registration(run_id), cluster_name: 'other' } })
    expect(again).toMatchObject({ status: 'running', cluster_id: 'cl_1', cluster_name: 'ci-gpu' })
  })

  it('at the same time makes one run', async () => {
    const other = await server.newTenant()
    const body = registration()
    const runs = await Promise.all(Array.from({ length: 8 }, () => other.client.call('registerRun', { body })))
    expect(new Set(runs.map((run) => run.created_at)).size).toBe(1)
    expect((await other.client.call('listRuns', {})).items).toHaveLength(1)
  })

  it('with the id of another tenant makes a run of its own', async () => {
    const { run_id, read } = await register()
    const other = await server.newTenant()
    await other.client.call('registerRun', { body: registration(run_id) })
    await other.client.call('updateRun', { params: { run_id }, body: { status: 'failed' } })
    expect(await read()).toMatchObject({ status: 'registered', tenant_id: tenant.tenantId })
  })
})

describe('reporting', () => {
  it('changes what is named and leaves the rest', async () => {
    const { update, read } = await register()
    const machine = {
      machine_id: 'i-1',
      instance_type: 'g5.xlarge',
      state: 'running' as const,
      launched_at: '2026-01-01T00:00:00.000Z',
      terminated_at: null,
    }
    const steps = [
      { name: 'launch-machine', status: 'succeeded' as const, started_at: null, finished_at: null, message: null },
    ]
    await update({ status: 'running', machine, steps })
    const run = await read()
    expect(run).toMatchObject({ status: 'running', machine, steps })
    expect(await update({})).toEqual(run)
    expect(await update({ machine: null })).toMatchObject({ machine: null, steps })
  })

  it('tells the harness that the run is to stop', async () => {
    const { update, cancel } = await register()
    expect(await update({ status: 'running' })).toMatchObject({ cancel_requested: false })
    expect(await cancel()).toMatchObject({ status: 'running', cancel_requested: true })
    expect(await update({})).toMatchObject({ cancel_requested: true })
  })

  const every = RUN_STATUSES.flatMap((from) => RUN_STATUSES.map((to) => [from, to] as const))
  it.each(every)('from %s to %s is as the transitions say', async (from, to) => {
    const { run_id, update, read } = await register()
    await setStatus(run_id, from)
    if (from === to || mayTransition(RUN_TRANSITIONS, from, to)) {
      expect(await update({ status: to })).toMatchObject({ status: to })
    } else {
      expect(await refusalOf(update({ status: to }))).toMatchObject({ code: 'RUN_TRANSITION_INVALID' })
      expect(await read()).toMatchObject({ status: from })
    }
  })

  it.each(RUN_STATUSES)('as %s notes the end of the run where that is one', async (status) => {
    const { update } = await register()
    const ends = isFinal(RUN_TRANSITIONS, status) || status === 'termination_unconfirmed'
    const run = await update({ status })
    expect(run.ended_at === null).toBe(!ends)
    if (ends) expect((await update({ status })).ended_at).toBe(run.ended_at)
  })

  it('of two that end the run at the same time lets one win', async () => {
    const { update, read } = await register()
    const outcomes = await Promise.allSettled([update({ status: 'succeeded' }), update({ status: 'failed' })])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const won = outcomes.find((outcome) => outcome.status === 'fulfilled')
    expect(await read()).toEqual(won?.value)
  })

  async function setStatus(runId: string, status: RunStatus): Promise<void> {
    await sql`update runs set status = ${status} where run_id = ${runId}`.execute(server.db)
  }
})

describe('cancelling', () => {
  it('may be repeated, and changes nothing of a run that has ended', async () => {
    const { update, cancel } = await register()
    const cancelled = await cancel()
    expect(await cancel()).toEqual(cancelled)
    const ended = await register()
    const run = await ended.update({ status: 'succeeded' })
    expect(await ended.cancel()).toEqual(run)
    expect(await update({ status: 'cancelled' })).toMatchObject({ status: 'cancelled' })
  })
})

describe('evidence', () => {
  it('is read back as it was put, and the last one put counts', async () => {
    const { putEvidence, getEvidence, read } = await register()
    expect(await refusalOf(getEvidence())).toMatchObject({ code: 'NOT_FOUND' })
    await putEvidence({ schema: 'radix.evidence/v2', verdict: { status: 'suspect' } })
    const second = {
      schema: 'radix.evidence/v2' as const,
      verdict: { status: 'valid' },
      trials: [{ images: 25600 }],
      note: 'Σ ∞ 🙂',
    }
    await putEvidence(second)
    expect(await getEvidence()).toEqual(second)
    expect(await read()).toMatchObject({ has_evidence: true })
  })

  it('is where verdict and numbers come from: a report that states them is passed over', async () => {
    const { run_id: runId, putEvidence, update, read } = await register()
    const claim = {
      status: 'running' as const,
      verdict: 'valid',
      throughput: { value: 1e6, unit: 'images/s' },
      duration_seconds: 1,
    }
    await update(claim)
    expect(await read()).toMatchObject({ verdict: null, throughput: null, duration_seconds: null })
    const evidence = signEvidence(buildEvidence(gpuFacts({ runId })), testSigner())
    await putEvidence(evidence)
    expect(await read()).toMatchObject({
      verdict: evidence.verdict.level,
      throughput: { value: evidence.results.throughput?.mean, unit: 'images/s' },
      duration_seconds: evidence.results.duration_seconds?.mean,
    })
  })

  it('stays as it is once the run has ended, and so does the run', async () => {
    const { run_id: runId, putEvidence, getEvidence, update, read } = await register()
    const evidence = buildEvidence(gpuFacts({ runId }))
    await putEvidence(evidence)
    await update({ status: 'succeeded' })
    const ended = await read()
    const other = { ...evidence, finished_at: evidence.started_at }
    expect(await refusalOf(putEvidence(other))).toMatchObject({ code: 'EVIDENCE_NOT_STORED' })
    await putEvidence(evidence)
    expect(await getEvidence()).toEqual(JSON.parse(JSON.stringify(evidence)))
    await update({ status: 'succeeded', error_code: 'LAUNCH_FAILED', steps: [] })
    expect(await read()).toEqual(ended)
  })

  it('that is signed is not replaced by evidence that is not', async () => {
    const { run_id: runId, putEvidence } = await register()
    const evidence = buildEvidence(gpuFacts({ runId }))
    await putEvidence(signEvidence(evidence, testSigner(1)))
    expect(await refusalOf(putEvidence(evidence))).toMatchObject({ code: 'EVIDENCE_NOT_STORED' })
  })

  it('needs a run', async () => {
    const put = tenant.client.call('putEvidence', {
      params: { run_id: 'run_x' },
      body: { schema: 'radix.evidence/v2' },
    })
    expect(await refusalOf(put)).toMatchObject({ code: 'NOT_FOUND' })
  })
})

it('lists runs, the newest first, by status where asked', async () => {
  const other = await server.newTenant()
  const ids = [newId('run'), newId('run'), newId('run')]
  for (const id of ids) await other.client.call('registerRun', { body: registration(id) })
  await other.client.call('updateRun', { params: { run_id: ids[1] ?? '' }, body: { status: 'failed' } })
  const list = async (query: object) => (await other.client.call('listRuns', { query })).items.map((run) => run.run_id)
  expect(await list({})).toEqual(ids.toReversed())
  expect(await list({ status: 'failed' })).toEqual([ids[1]])
})
