/** Measurements of runs: extracted from evidence on arrival, and shown as series of runs that measure the same. */
import { type Selectable, sql } from 'kysely'
import { type EvidenceSummary, summariseEvidence } from '../../contract/evidence-summary.ts'
import type { Measurement } from '../../contract/schemas/baseline.ts'
import type { TrendSeries } from '../../contract/schemas/comparison.ts'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import { cutText } from '../../core/cut-text.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { confidenceInterval, mean } from '../../core/statistics.ts'
import { toStorableJson } from '../../core/storable.ts'
import type { WorkloadName } from '../../workloads/index.ts'
import type { RunAddress } from '../runs/runs.ts'
import type { Connection, Database } from '../store/database.ts'
import { takeFitting } from '../store/pagination.ts'
import type { MeasuredConditions, MeasurementTable } from '../store/tables.ts'
import { toInterval, toIso } from '../store/wire.ts'

/** Replaces the measurement from earlier evidence of the run. */
export async function keepMeasurement(connection: Connection, address: RunAddress, evidence: Evidence): Promise<void> {
  const values = toRow(summariseEvidence(evidence))
  await connection
    .insertInto('measurements')
    .values({ ...values, tenant_id: address.tenantId, run_id: address.runId })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'run_id']).doUpdateSet(values))
    .execute()
}

function toRow({ verdict, throughput, measurement, ...summary }: EvidenceSummary) {
  return {
    verdict: verdict.level,
    trials: throughput?.n ?? null,
    throughput: throughput?.mean ?? null,
    throughput_unit: throughput?.unit ?? null,
    throughput_low: throughput?.confidence_interval_95?.low ?? null,
    throughput_high: throughput?.confidence_interval_95?.high ?? null,
    duration_seconds: summary.duration_seconds,
    work_per_usd: summary.work_per_usd,
    machine_usd: summary.machine_usd,
    ...((throughput && measurement && toConditions(measurement)) ?? NO_CONDITIONS),
  }
}

const NO_CONDITIONS = {
  measured_at: null,
  conditions: null,
  recipe: null,
  device_type: null,
  device_name: null,
  instance_type: null,
}

/** Null for conditions too long to keep: then the run is in no series. */
function toConditions(measurement: Measurement) {
  const { job_kind, workload, recipe, parameters, device, instance_type } = measurement
  const { notes: _, ...precision } = measurement.precision
  const conditions: MeasuredConditions = {
    job_kind,
    workload: { name: workload.name, version: workload.version },
    recipe,
    precision,
    parameters,
  }
  const conditionsText = toStorableJson(conditions)
  if (conditionsText.length > CONTROL_PLANE_LIMITS.measuredConditions.value) return null
  return {
    measured_at: new Date(measurement.measured_at),
    conditions: conditionsText,
    recipe: recipe === null ? null : shorten(recipe),
    device_type: shorten(device.type),
    device_name: shorten(device.name),
    instance_type: instance_type && shorten(instance_type),
  }
}

function shorten(name: string): string {
  return cutText(name, CONTROL_PLANE_LIMITS.measuredName.value)
}

export interface TrendFilter {
  workload?: WorkloadName | undefined
  recipe?: string | undefined
  since?: string | undefined
}

/** The series with the newest runs first. A number that must not be used is in none. */
export async function readTrends(
  db: Database,
  tenantId: string,
  { workload, recipe, since }: TrendFilter,
): Promise<TrendSeries[]> {
  const isMeant = sql<boolean>`measurements.tenant_id = ${tenantId}
    and measurements.series_id is not null and measurements.verdict <> 'invalid'
    and (${workload ?? null}::text is null or measurements.conditions->'workload'->>'name' = ${workload ?? null})
    and (${recipe ?? null}::text is null or measurements.recipe = ${recipe ?? null})
    and (${since ?? null}::timestamptz is null or measurements.measured_at >= ${since ?? null}::timestamptz)`
  const { rows } = await sql<TrendRow>`
    with series as (
      select series_id, count(*) as run_count, max(measured_at) as newest_at
      from measurements where ${isMeant}
      group by series_id order by newest_at desc, series_id limit ${CONTROL_PLANE_LIMITS.trendSeries.value}
    )
    select newest.*, series.run_count
    from series cross join lateral (
      select * from measurements where ${isMeant} and measurements.series_id = series.series_id
      order by measured_at desc, run_id desc limit ${CONTROL_PLANE_LIMITS.trendPoints.value}) as newest
    order by series.newest_at desc, series.series_id, newest.measured_at, newest.run_id`.execute(db)
  const series = Map.groupBy(rows, ({ series_id }) => series_id)
  return takeFitting([...series.values()].map(toSeries))
}

type Row = Selectable<MeasurementTable>
type Condition = 'series_id' | 'measured_at' | 'conditions' | 'device_type' | 'device_name'
/** A measurement in a series has conditions, and therefore a number. */
type TrendRow = Row & {
  [member in Condition | 'trials' | 'throughput' | 'throughput_unit']: NonNullable<Row[member]>
} & { run_count: string }

function toSeries(rows: TrendRow[]): TrendSeries {
  const [first] = rows
  if (!first) throw new RangeError('a series has at least one run')
  const { job_kind, workload, recipe, precision, parameters } = first.conditions
  const throughputs = rows.map((row) => row.throughput)
  const interval = confidenceInterval(throughputs)
  return {
    series_id: first.series_id,
    instance_type: first.instance_type,
    device_name: first.device_name,
    device_type: first.device_type,
    job_kind,
    workload,
    recipe,
    precision,
    parameters,
    run_count: Number(first.run_count),
    throughput: {
      unit: first.throughput_unit,
      mean: mean(throughputs),
      low: interval?.low ?? null,
      high: interval?.high ?? null,
    },
    work_per_usd: rows.findLast(({ work_per_usd }) => work_per_usd !== null)?.work_per_usd ?? null,
    points: rows.map((row) => ({
      run_id: row.run_id,
      measured_at: toIso(row.measured_at),
      trials: row.trials,
      throughput: row.throughput,
      interval: toInterval(row.throughput_low, row.throughput_high),
      work_per_usd: row.work_per_usd,
      verdict: row.verdict,
    })),
  }
}
