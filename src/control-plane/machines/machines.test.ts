/** The machines that are known to be running, and the reports of reapers. */

import { describe, expect, it } from 'vitest'
import { runRegistration } from '../../contract/testing/new-objects.ts'
import { MACHINE_STATES } from '../../core/transitions.ts'
import { testReaperReport } from '../testing/reaper-report.ts'
import { refusalOf } from '../testing/requests.ts'
import { useTenantPerTest, useTestServer } from '../testing/use-test-server.ts'

const { server } = useTestServer()
const tenant = useTenantPerTest(server)

async function launch(state: (typeof MACHINE_STATES)[number], provider: 'ec2' | 'existing' = 'ec2') {
  const deadline_at = '2026-03-02T09:45:00.000Z'
  const body = runRegistration({ provider, deadline_at, worst_case_cost_usd: 0.9 })
  const { run_id } = await tenant.client.call('registerRun', { body })
  const machine = {
    machine_id: `i-${run_id.slice(-8)}`,
    instance_type: 'g5.2xlarge',
    state,
    launched_at: '2026-03-02T09:00:00.000Z',
    terminated_at: null,
  }
  const status = 'termination_unconfirmed' as const
  await tenant.client.call('updateRun', { params: { run_id }, body: { machine, status } })
  return { run_id, machine }
}
const alive = async () => (await tenant.client.call('listMachines', {})).items

describe('running machines', () => {
  it.each(MACHINE_STATES)('%s: listed until the run reports its termination', async (state) => {
    const { run_id, machine } = await launch(state)
    const expected = {
      ...machine,
      run_id,
      run_status: 'termination_unconfirmed',
      provider: 'ec2',
      cluster_name: 'ci-gpu-bench',
      run_created_at: expect.stringMatching(/^\d{4}-/),
      deadline_at: '2026-03-02T09:45:00.000Z',
      worst_case_cost_usd: 0.9,
    }
    expect(await alive()).toEqual(state === 'terminated' ? [] : [expected])
  })

  it('exclude machines of existing clusters', async () => {
    await launch('running', 'existing')
    expect(await alive()).toEqual([])
  })

  it('belong to the tenant', async () => {
    await launch('running')
    const stranger = await server.newTenant()
    expect((await stranger.client.call('listMachines', {})).items).toEqual([])
  })
})

describe('reapers', () => {
  const report = (changes = {}) =>
    tenant.client.call('putReaperReport', { params: { name: 'ops' }, body: testReaperReport(changes) })
  const list = async () => (await tenant.client.call('listReapers', {})).items

  it('are listed with their last sweep', async () => {
    await report({ things: [] })
    await report()
    const [reaper, ...others] = await list()
    expect(others).toEqual([])
    expect(reaper).toMatchObject({ ...testReaperReport(), name: 'ops', last_success_at: testReaperReport().at })
  })

  it('keep their last success after failed sweeps and dry runs', async () => {
    await report({ at: '2026-03-02T08:00:00.000Z', dry_run: true })
    expect((await list())[0]?.last_success_at).toBeNull()
    await report({ at: '2026-03-02T09:00:00.000Z' })
    await report({ at: '2026-03-02T10:00:00.000Z', success: false })
    await report({ at: '2026-03-02T11:00:00.000Z', dry_run: true })
    expect((await list())[0]).toMatchObject({
      at: '2026-03-02T11:00:00.000Z',
      last_success_at: '2026-03-02T09:00:00.000Z',
    })
  })

  it('succeed by the clock of the database, and never in the future', async () => {
    const ahead = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
    const { last_success_at } = await report({ at: ahead(4) })
    expect(Date.parse(last_success_at ?? '')).toBeLessThanOrEqual(Date.now() + 1000)
    expect(await refusalOf(report({ at: ahead(6) }))).toMatchObject({
      code: 'REQUEST_INVALID',
      why: expect.stringContaining('in the future'),
    })
    const [reaper] = await list()
    expect(reaper?.last_success_at).toBe(last_success_at)
  })

  describe('learn about the machines that they saw', () => {
    const see = (run_id: string, id: string) => testReaperReport().things.map((thing) => ({ ...thing, run_id, id }))
    const endAt = (run_id: string, machine: Awaited<ReturnType<typeof launch>>['machine'], terminated_at: string) => {
      const body = { machine: { ...machine, state: 'terminated' as const, terminated_at } }
      return tenant.client.call('updateRun', { params: { run_id }, body })
    }
    const readThings = async () =>
      (await list())[0]?.things.map(({ gone_at, run_is_known }) => ({ gone_at, run_is_known }))

    it('that a machine has ended since, from the report of its run', async () => {
      const { run_id, machine } = await launch('running')
      const { things } = await report({ things: see(run_id, machine.machine_id) })
      expect(things).toMatchObject([{ gone_at: null, run_is_known: true }])
      await endAt(run_id, machine, '2026-03-02T09:20:00.000Z')
      expect(await readThings()).toEqual([{ gone_at: '2026-03-02T09:20:00.000Z', run_is_known: true }])
    })

    it('nothing about a machine that its run reported as ended and the sweep still saw', async () => {
      const { run_id, machine } = await launch('running')
      await endAt(run_id, machine, '2026-03-02T09:09:59.000Z')
      await report({ things: see(run_id, machine.machine_id) })
      expect(await readThings()).toEqual([{ gone_at: null, run_is_known: true }])
    })

    it('nothing from runs with another machine, unknown runs, or runs of another tenant', async () => {
      const { run_id, machine } = await launch('running')
      await endAt(run_id, machine, '2026-03-02T09:20:00.000Z')
      await report({ things: [...see(run_id, 'i-another'), ...see('run_unknown', machine.machine_id)] })
      expect(await readThings()).toEqual([
        { gone_at: null, run_is_known: true },
        { gone_at: null, run_is_known: false },
      ])
      Object.assign(tenant, await server.newTenant())
      await report({ things: see(run_id, machine.machine_id) })
      expect(await readThings()).toEqual([{ gone_at: null, run_is_known: false }])
    })
  })

  it('are forgotten on request, any number of times, per tenant', async () => {
    await report()
    const stranger = await server.newTenant()
    await stranger.client.call('forgetReaper', { params: { name: 'ops' } })
    expect(await list()).toHaveLength(1)
    const forget = () => tenant.client.call('forgetReaper', { params: { name: 'ops' } })
    await forget()
    await forget()
    expect(await list()).toEqual([])
  })

  it('are limited to a hundred: those with the oldest reports are forgotten', async () => {
    await report()
    await tenant.client.call('putReaperReport', { params: { name: 'first' }, body: testReaperReport() })
    await report()
    for (let n = 0; n < 99; n++) {
      await tenant.client.call('putReaperReport', { params: { name: `r${n}` }, body: testReaperReport({ things: [] }) })
    }
    const names = (await list()).map(({ name }) => name)
    expect(names).toHaveLength(100)
    expect(names).toContain('ops')
    expect(names).not.toContain('first')
  })

  it('are those of the tenant', async () => {
    await report()
    const stranger = await server.newTenant()
    expect((await stranger.client.call('listReapers', {})).items).toEqual([])
  })
})
