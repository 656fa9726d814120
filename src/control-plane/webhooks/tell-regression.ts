/** Tells webhooks of a run that is slower than its series lets expect, in the transaction that stores its evidence. */
import { sql } from 'kysely'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { App } from '../app.ts'
import type { RunAddress } from '../runs/runs.ts'
import type { Connection } from '../store/database.ts'
import { findsAny } from '../store/statements.ts'
import { raiseEvent } from './events.ts'
import { findRegression } from './regression.ts'

interface Point {
  run_id: string
  throughput: number
  throughput_unit: string
  device_name: string
  instance_type: string | null
  workload: string
  series_id: string
}

/** Of valid numbers only: a suspect one does not wake people. Answers whether there is anything to deliver. */
export async function tellRegression(app: App, trx: Connection, { tenantId, runId }: RunAddress): Promise<boolean> {
  const wanted = sql`webhooks where tenant_id = ${tenantId} and 'regression.found' = any(events)`
  if (!(await findsAny(trx, wanted))) return false
  const { rows } = await sql<Point>`
    select each.run_id, each.throughput, each.throughput_unit, each.device_name, each.instance_type, each.series_id,
      each.conditions->'workload'->>'name' as workload
    from measurements as own join measurements as each using (tenant_id, series_id)
    where own.tenant_id = ${tenantId} and own.run_id = ${runId} and each.verdict = 'valid' and each.device_type <> 'cpu'
    order by each.measured_at desc, each.run_id desc limit ${CONTROL_PLANE_LIMITS.trendPoints.value}`.execute(trx)
  const [newest] = rows
  // Evidence that comes late says nothing new of the series.
  if (newest?.run_id !== runId) return false
  const regression = findRegression(rows.map(({ throughput }) => throughput).reverse())
  if (!regression) return false
  const machine = newest.instance_type ?? newest.device_name
  const { mean, expectedAtLeast, earlierRuns, changePercent } = regression
  const show = (value: number) => `${value.toPrecision(4)} ${newest.throughput_unit}`
  const raised = await raiseEvent(app, trx, tenantId, {
    type: 'regression.found',
    key: `regression:${runId}`,
    text: `Regression: ${newest.workload} on ${machine} is at ${show(newest.throughput)}, ${Math.abs(changePercent).toFixed(1)} % below the mean of ${earlierRuns} earlier runs (${show(mean)}; a run was expected to reach ${show(expectedAtLeast)}). Run ${runId}.`,
    page: `/runs/${encodeURIComponent(runId)}`,
    data: {
      run_id: runId,
      series_id: newest.series_id,
      workload: newest.workload,
      device_name: newest.device_name,
      instance_type: newest.instance_type,
      throughput: { value: newest.throughput, unit: newest.throughput_unit },
      earlier_mean: mean,
      expected_at_least: expectedAtLeast,
      earlier_runs: earlierRuns,
      change_percent: changePercent,
    },
  })
  return raised > 0
}
