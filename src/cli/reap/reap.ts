/** Sweeps once, or again and again, and leaves on record when it last succeeded. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { ReaperReport } from '../../contract/schemas/machine.ts'
import { systemClock } from '../../core/clock.ts'
import { printableLine } from '../../core/printable.ts'
import { asRadixError } from '../../errors/render.ts'
import { ERRORS } from '../../errors/table.ts'
import { type ReapReport, reap } from '../../harness/reaper.ts'
import { createAwsClients } from '../../providers/ec2/aws-clients.ts'
import { createEc2Sweepers } from '../../providers/ec2/sweeper.ts'
import { writeFileAtomically } from '../../system/atomic-file.ts'
import { connect } from '../shared/connection.ts'
import { regionOf } from '../shared/ec2-options.ts'
import { type ConnectionOptions, resolveDataDir } from '../shared/options.ts'
import { note, print, printJsonLine, renderTable } from '../shared/output.ts'
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
  const sweepers = regionsOf(options).flatMap((region) => createEc2Sweepers(createAwsClients(region)))
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
    if (options.json) printJsonLine(report)
    else for (const line of renderReport(report)) print(line)
    for (const line of options.json ? [] : renderUnseen(report)) note(line)
    const isRecorded = await recordSweep(report, options)
    const isReported = await tellControlPlane(report, options)
    process.exitCode = report.success && isReported && isRecorded ? 0 : exitCodeOf(report)
    if (!options.watch || stop.signal.aborted) return
    await systemClock.sleep((secondsToNextSweep(options) ?? 0) * 1000, stop.signal).catch(() => {})
    if (stop.signal.aborted) return
  }
}

function regionsOf({ awsRegion }: ReapOptions): string[] {
  return awsRegion ?? [regionOf(process.env) ?? 'us-west-2']
}

/** For a terminal, line by line. */
export function renderReport({ things, unseen, dryRun }: ReapReport): string[] {
  const rows = things.map(({ leftover, decision, outcome, error }) => [
    leftover.kind,
    leftover.id,
    leftover.region,
    leftover.runId,
    leftover.deadlineAt?.toISOString() ?? null,
    decision,
    error ?? outcome,
  ])
  const due = things.filter(({ outcome }) => outcome === 'would be removed').length
  return [
    ...(rows.length > 0 ? [renderTable(['KIND', 'ID', 'REGION', 'RUN', 'DEADLINE', 'DECISION', 'OUTCOME'], rows)] : []),
    ...(rows.length === 0 && unseen.length === 0 ? ['No resources created by Radix were found.'] : []),
    ...(dryRun && due > 0 ? ['Nothing was touched. End them: radix reap --apply'] : []),
  ]
}

/** What the report does not cover, line by line. */
export function renderUnseen({ unseen }: ReapReport): string[] {
  if (unseen.length === 0) return []
  return [
    ...unseen.map(({ name, code, error }) => `Could not check ${name}: ${code}: ${printableLine(error)}`),
    'The result is incomplete: some places could not be checked.',
  ]
}

/** The exit code of the error if the same error prevented every sweep; otherwise 1. */
function exitCodeOf({ things, unseen }: ReapReport): number {
  const codes = new Set(unseen.map(({ code }) => ERRORS[code].exitCode))
  const [only] = codes
  return things.length === 0 && codes.size === 1 && only !== undefined ? only : 1
}

/** A record that cannot be written is reported as a failure, but the next sweep still runs. */
async function recordSweep(report: ReapReport, options: ReapOptions): Promise<boolean> {
  try {
    await keepRecord(report, options)
    return true
  } catch (error) {
    note(`The sweep was not recorded: ${asRadixError(error).why}`)
    return false
  }
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
    unseen: unseen
      .slice(0, MAXIMUM_UNSEEN)
      .map(({ name, code, error }) => ({ name, error: `${code}: ${error}`.slice(0, 1000) })),
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
