/** The ports of the reaper for this machine, and what a terminal shows of a sweep. */
import { asTyped } from '../../core/as-typed.ts'
import { systemClock } from '../../core/clock.ts'
import { printableLine } from '../../core/printable.ts'
import { type ReapReport, reap } from '../../harness/reaper.ts'
import { createAwsClients } from '../../providers/ec2/aws-clients.ts'
import { createEc2Sweepers } from '../../providers/ec2/sweeper.ts'
import type { Sweeper } from '../../providers/leftover.ts'
import { readInventory } from '../../providers/ssh/inventory.ts'
import { createSshSweepers } from '../../providers/ssh/sweeper.ts'
import { listenForStop } from '../../system/stop-signals.ts'
import { connect } from '../shared/connection.ts'
import { regionOf } from '../shared/ec2-options.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { note, noteLine, print, printJsonLine, renderTable } from '../shared/output.ts'
import { programName } from '../shared/program-name.ts'
import { shortenTime } from '../shared/table.ts'
import { secondsToNextSweep } from './interval.ts'
import { toReaperReport } from './reaper-report.ts'
import { keepRecord } from './record.ts'
import { runSweeps } from './sweeps.ts'

interface ReapOptions extends ConnectionOptions {
  reportAs?: string
  awsRegion?: string[]
  inventory?: string
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
const COLUMNS = [
  'KIND',
  'ID',
  { heading: 'REGION', leaveOut: 1 },
  { heading: 'RUN', leaveOut: 2 },
  { heading: 'DEADLINE', shorten: shortenTime, leaveOut: 3 },
  'DECISION',
  'OUTCOME',
]

export async function runReaper(options: ReapOptions): Promise<void> {
  const sweepers: Sweeper[] = [
    ...regionsOf(options).flatMap((region) => createEc2Sweepers(createAwsClients(region))),
    ...(options.inventory === undefined ? [] : createSshSweepers(readInventory(options.inventory))),
  ]
  const policy = {
    dryRun: !options.apply,
    minimumAgeMs: options.minAgeMinutes * MINUTE_MS,
    graceMs: options.graceMinutes * MINUTE_MS,
    maximumAgeMs: options.maxAgeHours * 60 * MINUTE_MS,
    budget: options.budget,
  }
  const stop = listenForStop()
  const intervalSeconds = secondsToNextSweep(options)
  process.exitCode = await runSweeps(
    {
      clock: systemClock,
      sweep: () => reap(sweepers, policy, systemClock),
      show: (report) => {
        if (options.json) return printJsonLine(report)
        for (const line of renderReport(report)) print(asTyped(line, programName()))
        for (const line of renderUnseen(report)) note(line)
      },
      keepRecord: (report) => keepRecord(report, options),
      tellControlPlane: (report) => tellControlPlane(report, options, intervalSeconds),
      say: noteLine,
    },
    { dryRun: policy.dryRun, intervalMs: options.watch && intervalSeconds !== null ? intervalSeconds * 1000 : null },
    stop.signal,
  )
  await Promise.all(sweepers.map((sweeper) => sweeper.close?.()))
}

async function tellControlPlane(
  report: ReapReport,
  options: ReapOptions,
  intervalSeconds: number | null,
): Promise<void> {
  if (options.reportAs === undefined) return
  const client = await connect(options)
  const body = toReaperReport(report, intervalSeconds)
  await client.call('putReaperReport', { params: { name: options.reportAs }, body })
}

/** With an inventory, only the regions that are named. */
function regionsOf({ awsRegion, inventory }: ReapOptions): string[] {
  if (inventory !== undefined) return awsRegion ?? []
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
    ...(rows.length > 0 ? [renderTable(COLUMNS, rows)] : []),
    ...(rows.length === 0 && unseen.length === 0 ? ['No resources created by Radix were found.'] : []),
    ...(dryRun && due > 0 ? ['Nothing was removed. Remove them: radix reap --apply'] : []),
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
