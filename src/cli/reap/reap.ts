/** Sweeps once, or again and again, and leaves on record when it last succeeded. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { ReaperReport } from '../../contract/schemas/machine.ts'
import { systemClock } from '../../core/clock.ts'
import { asRadixError } from '../../errors/render.ts'
import { type ReapReport, reap } from '../../harness/reaper.ts'
import { createAwsClients } from '../../providers/ec2/aws-clients.ts'
import { createEc2Sweeper } from '../../providers/ec2/sweeper.ts'
import { writeFileAtomically } from '../../system/atomic-file.ts'
import { connect } from '../shared/connection.ts'
import { regionOf } from '../shared/ec2-options.ts'
import { type ConnectionOptions, resolveDataDir } from '../shared/options.ts'
import { note, print, renderTable } from '../shared/output.ts'
import { secondsToNextSweep } from './interval.ts'

interface ReapOptions extends ConnectionOptions {
  reportAs?: string
  awsRegion?: string[]
  apply?: boolean
  minAgeMinutes: number
  graceMinutes: number
  maxAgeHours: number
  budget: number
  watch?: boolean
  intervalMinutes?: number
  metricsFile?: string
  json?: boolean
}

const MINUTE_MS = 60_000
/** As many as a report takes. */
const MAXIMUM_REPORTED_THINGS = 500
const MAXIMUM_UNSEEN = 100

export async function runReaper(options: ReapOptions): Promise<void> {
  const sweepers = regionsOf(options).map((region) => createEc2Sweeper(createAwsClients(region)))
  const policy = {
    dryRun: !options.apply,
    minimumAgeMs: options.minAgeMinutes * MINUTE_MS,
    graceMs: options.graceMinutes * MINUTE_MS,
    maximumAgeMs: options.maxAgeHours * 60 * MINUTE_MS,
    budget: options.budget,
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())
  for (;;) {
    const report = await reap(sweepers, policy, systemClock)
    await keepRecord(report, options)
    if (options.json) print(JSON.stringify(report))
    else printReport(report)
    const isReported = await tellControlPlane(report, options)
    process.exitCode = report.success && isReported ? 0 : 1
    if (!options.watch || stop.signal.aborted) return
    await systemClock.sleep((secondsToNextSweep(options) ?? 0) * 1000, stop.signal).catch(() => {})
    if (stop.signal.aborted) return
  }
}

function regionsOf({ awsRegion }: ReapOptions): string[] {
  return awsRegion ?? [regionOf(process.env) ?? 'us-west-2']
}

function printReport({ things, unseen, dryRun }: ReapReport): void {
  const rows = things.map(({ leftover, decision, outcome, error }) => [
    leftover.kind,
    leftover.id,
    leftover.region,
    leftover.runId,
    leftover.deadlineAt?.toISOString() ?? null,
    decision,
    error ?? outcome,
  ])
  if (rows.length > 0) print(renderTable(['KIND', 'ID', 'REGION', 'RUN', 'DEADLINE', 'DECISION', 'OUTCOME'], rows))
  else print('Nothing of ours is there.')
  for (const { name, error } of unseen) note(`Could not look at ${name}: ${error}`)
  const due = things.filter(({ outcome }) => outcome === 'would be removed').length
  if (dryRun && due > 0) note(`Nothing was touched. End them: radix reap --apply`)
}

/** A sweep counts whatever becomes of its report; that it did not arrive is said, and is a failure of its own. */
async function tellControlPlane(report: ReapReport, options: ReapOptions): Promise<boolean> {
  if (options.reportAs === undefined) return true
  try {
    const client = await connect(options)
    const body = toReaperReport(report, secondsToNextSweep(options))
    await client.call('putReaperReport', { params: { name: options.reportAs }, body })
    return true
  } catch (error) {
    note(`The control plane was not told: ${asRadixError(error).why}`)
    return false
  }
}

function toReaperReport(
  { at, dryRun, success, things, unseen }: ReapReport,
  intervalSeconds: number | null,
): ReaperReport {
  return {
    at,
    dry_run: dryRun,
    success,
    interval_seconds: intervalSeconds,
    things: things.slice(0, MAXIMUM_REPORTED_THINGS).map(({ leftover, decision, outcome, error }) => ({
      kind: leftover.kind,
      id: leftover.id,
      region: leftover.region,
      run_id: leftover.runId,
      created_at: leftover.createdAt?.toISOString() ?? null,
      deadline_at: leftover.deadlineAt?.toISOString() ?? null,
      detail: leftover.detail,
      decision,
      outcome,
      error: error?.slice(0, 1000) ?? null,
    })),
    unseen: unseen.slice(0, MAXIMUM_UNSEEN).map(({ name, error }) => ({ name, error: error.slice(0, 1000) })),
  }
}

const Record = z.object({ last_success_at: z.string().nullable() })

/** When the last success was stays on record through failures: a reaper that has silently stopped is worse than none. */
async function keepRecord(report: ReapReport, options: ReapOptions): Promise<void> {
  const path = join(resolveDataDir(options), 'reaper.json')
  const lastSuccessAt = report.success && !report.dryRun ? report.at : await readLastSuccess(path)
  if (!report.dryRun) {
    const record = { last_success_at: lastSuccessAt, last_sweep: report }
    await writeFileAtomically(path, `${JSON.stringify(record, null, 2)}\n`)
  }
  if (options.metricsFile) await writeFileAtomically(options.metricsFile, renderMetrics(report, lastSuccessAt))
}

async function readLastSuccess(path: string): Promise<string | null> {
  try {
    return Record.parse(JSON.parse(await readFile(path, 'utf8'))).last_success_at
  } catch {
    return null
  }
}

function renderMetrics({ things }: ReapReport, lastSuccessAt: string | null): string {
  const outcomes = ['kept', 'would be removed', 'removed', 'failed', 'over budget'] as const
  const seconds = lastSuccessAt === null ? 0 : Date.parse(lastSuccessAt) / 1000
  return [
    '# HELP radix_reaper_last_success_timestamp_seconds The last sweep that saw everything and ended what was due; 0: never.',
    '# TYPE radix_reaper_last_success_timestamp_seconds gauge',
    `radix_reaper_last_success_timestamp_seconds ${seconds}`,
    '# TYPE radix_reaper_things gauge',
    ...outcomes.map((outcome) => {
      const count = things.filter((thing) => thing.outcome === outcome).length
      return `radix_reaper_things{outcome="${outcome}"} ${count}`
    }),
    '',
  ].join('\n')
}
