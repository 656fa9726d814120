/** The hard cap on what machines may cost, against a real database. */
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { newId } from '../../core/ids.ts'
import { buildEvidence } from '../../evidence/build.ts'
import { signEvidence } from '../../evidence/signature/sign.ts'
import { gpuFacts } from '../../evidence/testing/facts.ts'
import { testSigner } from '../../evidence/testing/signing-key.ts'
import { refusalOf } from '../testing/requests.ts'
import type { Tenant } from '../testing/test-server.ts'
import { useTestServer } from '../testing/use-test-server.ts'

const { server } = useTestServer()

const registration = (worst_case_cost_usd: number | null, run_id = newId('run')) =>
  runRegistration({ run_id, provider: 'ec2', parameters: { ttl_minutes: 45 }, worst_case_cost_usd })

async function newBudget(per_day_usd: number | null, per_month_usd: number | null = null) {
  const tenant = await server.newTenant()
  await tenant.client.call('setBudget', { body: { per_day_usd, per_month_usd } })
  const register = (worst: number | null, runId?: string) =>
    tenant.client.call('registerRun', { body: registration(worst, runId) })
  return { tenant, register, read: () => tenant.client.call('getBudget', {}) }
}

const end = ({ client }: Tenant, run_id: string, status: 'failed' | 'termination_unconfirmed') =>
  client.call('updateRun', { params: { run_id }, body: { status } })

const launch = ({ client }: Tenant, run_id: string) =>
  client.call('updateRun', {
    params: { run_id },
    body: {
      status: 'running',
      machine: {
        machine_id: 'i-1',
        instance_type: 'g5.xlarge',
        state: 'running',
        launched_at: new Date().toISOString(),
        terminated_at: null,
      },
    },
  })

describe('a budget', () => {
  it('reserves the worst case of a run, and refuses the run that could exceed it', async () => {
    const { register, read } = await newBudget(1)
    await register(0.7)
    expect(await read()).toMatchObject({ day: { limit_usd: 1, spent_usd: 0, reserved_usd: 0.7 } })
    const refusal = await refusalOf(register(0.6))
    expect(refusal).toMatchObject({ code: 'BUDGET_EXCEEDED' })
    expect(refusal.message).toContain('0.30 USD are left')
    // 45 minutes cost 0.60 USD, so that 0.30 USD last for 22.
    expect(refusal.fix).toContain('`--ttl-minutes 22`')
    await register(0.3)
  })

  it('counts registrations at the same moment one after another', async () => {
    const { register, read } = await newBudget(1)
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => register(0.25)))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
    expect(await read()).toMatchObject({ day: { reserved_usd: 1, left_usd: 0 } })
  })

  it('has room for what is left to the cent, and for nothing more', async () => {
    const { register, read } = await newBudget(0.3)
    await register(0.1)
    // In binary, 0.3 - 0.1 is less than 0.2, and 0.3 - 0.1 - 0.2 is less than 0.
    await register(0.2)
    expect(await read()).toMatchObject({ day: { left_usd: 0 } })
    await register(0)
    expect(await refusalOf(register(0.001))).toMatchObject({ code: 'BUDGET_EXCEEDED' })
  })

  it('survives amounts that no machine costs', async () => {
    const { tenant, register, read } = await newBudget(null)
    expect(await refusalOf(register(1e308))).toMatchObject({ code: 'REQUEST_INVALID' })
    const cost = async (price_per_hour_usd: number, machine_usd: number) => {
      const facts = { ...gpuFacts(), runId: newId('run') }
      const { run_id } = await register(5, facts.runId)
      await launch(tenant, run_id)
      const evidence = buildEvidence(facts)
      const changed = { ...evidence, cost: evidence.cost && { ...evidence.cost, price_per_hour_usd, machine_usd } }
      await tenant.client.call('putEvidence', { params: { run_id }, body: await signEvidence(changed, testSigner()) })
      await end(tenant, run_id, 'failed')
    }
    await cost(1, -1000)
    expect((await read()).day.spent_usd).toBe(0)
    await cost(1e308, 1.7e308)
    await cost(1e308, 1.7e308)
    expect((await read()).day.spent_usd).toBeGreaterThan(1e6)
  })

  it('counts a run once, however often it is registered', async () => {
    const { register, read } = await newBudget(1)
    const runId = newId('run')
    await Promise.all(Array.from({ length: 10 }, () => register(0.7, runId)))
    await register(0.7, runId)
    expect(await read()).toMatchObject({ day: { reserved_usd: 0.7 } })
  })

  it('releases what a run reserved that launched nothing', async () => {
    const { tenant, register, read } = await newBudget(1)
    const { run_id } = await register(0.7)
    await end(tenant, run_id, 'failed')
    expect(await read()).toMatchObject({ day: { spent_usd: 0, reserved_usd: 0, left_usd: 1 } })
  })

  it('holds the reservation until the termination is confirmed', async () => {
    const { tenant, register, read } = await newBudget(1)
    const { run_id } = await register(0.7)
    await launch(tenant, run_id)
    await end(tenant, run_id, 'termination_unconfirmed')
    expect(await read()).toMatchObject({ day: { spent_usd: 0, reserved_usd: 0.7 } })
    await end(tenant, run_id, 'failed')
    // Without evidence, it counts as the worst case.
    expect(await read()).toMatchObject({ day: { spent_usd: 0.7, reserved_usd: 0 } })
  })

  it('counts what the machine cost, once that is known', async () => {
    const { tenant, register, read } = await newBudget(10)
    const facts = gpuFacts()
    const { run_id } = await register(5, facts.runId)
    await launch(tenant, run_id)
    const evidence = buildEvidence(facts)
    await tenant.client.call('putEvidence', { params: { run_id }, body: await signEvidence(evidence, testSigner()) })
    await end(tenant, run_id, 'failed')
    const { day } = await read()
    expect(evidence.cost?.machine_usd).toBeGreaterThan(0)
    expect(day.spent_usd).toBeCloseTo(evidence.cost?.machine_usd ?? 0, 9)
    expect(day.reserved_usd).toBe(0)
  })

  it('counts at least the worst case of a machine that cost more after the evidence was written', async () => {
    const { tenant, register, read } = await newBudget(10)
    const facts = gpuFacts()
    const { run_id } = await register(5, facts.runId)
    await launch(tenant, run_id)
    const evidence = buildEvidence(facts)
    const early = { ...evidence, cost: evidence.cost && { ...evidence.cost, complete: false } }
    await tenant.client.call('putEvidence', { params: { run_id }, body: await signEvidence(early, testSigner()) })
    await end(tenant, run_id, 'termination_unconfirmed')
    await end(tenant, run_id, 'failed')
    expect(await read()).toMatchObject({ day: { spent_usd: 5, reserved_usd: 0 } })
  })

  it('refuses a run that exceeds the cap of the day or of the month', async () => {
    const { tenant, register, read } = await newBudget(5, 6)
    const { run_id } = await register(4)
    await sql`update runs set created_at = created_at - interval '1 day' where run_id = ${run_id}
      and date_trunc('month', created_at - interval '1 day', 'UTC') = date_trunc('month', now(), 'UTC')`.execute(
      server.db,
    )
    const { month } = await read()
    expect(month.reserved_usd).toBe(4)
    expect((await refusalOf(register(3))).message).toMatch(/per (day|month)/)
    await tenant.client.call('setBudget', { body: { per_day_usd: null, per_month_usd: null } })
    await register(1000)
    expect(await read()).toMatchObject({ day: { limit_usd: null, left_usd: null } })
  })

  it('refuses a billed run whose price is unknown, and takes one that costs nothing', async () => {
    const { tenant, register } = await newBudget(1)
    expect(await refusalOf(register(null))).toMatchObject({ code: 'BUDGET_PRICE_UNKNOWN' })
    const local = { ...registration(null), provider: 'local' as const }
    expect(await tenant.client.call('registerRun', { body: local })).toMatchObject({ status: 'registered' })
  })

  it('is that of one tenant', async () => {
    await (await newBudget(0)).tenant.client.call('getBudget', {})
    const other = await server.newTenant()
    await other.client.call('registerRun', { body: registration(1000) })
  })
})
