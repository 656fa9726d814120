/** Renders runs side by side, as cells for a terminal and as Markdown. Pure. */
import type { ComparedChange, ComparedRun, Comparison } from '../contract/schemas/comparison.ts'
import {
  formatAmount,
  formatDecimals,
  formatRate,
  formatRateRange,
  nameWorkPerDollar,
  workUnitOf,
} from '../core/format.ts'
import { describeChange } from './compare/words.ts'
import { describeDifferences, markUnverified, type Sheet } from './compare-sheet.ts'
import { code, escapeText, table } from './markdown.ts'

/** One row per fact, one column per run. `unverified`: why evidence of some runs could not be verified. */
export function comparisonSheet({ runs, changes }: Comparison, unverified: readonly string[] = []): Sheet {
  const row = (name: string, show: (run: ComparedRun) => string) => [name, ...runs.map(show)]
  const unit = runs[0]?.throughput.unit ?? ''
  const changeOf = ({ label }: ComparedRun) => changes.find((change) => change.label === label)
  return {
    heading: [' ', ...runs.map(({ label }) => label)],
    rows: [
      row('Run', ({ measurement }) => measurement.run_id),
      row('Measured', ({ measurement }) => measurement.measured_at),
      row('Instance type', ({ measurement }) => measurement.instance_type ?? '-'),
      row('Device', ({ measurement }) => measurement.device.name),
      row('Throughput', ({ throughput: { mean: value, unit } }) => formatRate({ value, unit })),
      row('95 % interval', describeInterval),
      row(`Change against ${runs[0]?.label ?? ''}`, (run) => describeChangeCell(changeOf(run))),
      row('Duration', ({ duration_seconds: seconds }) => (seconds === null ? '-' : `${formatDecimals(seconds, 1)} s`)),
      row('Price per hour', ({ price_per_hour_usd: usd }) => (usd === null ? '-' : `$${usd.toFixed(3)}`)),
      row(nameWorkPerDollar(unit), ({ work_per_usd: work }) =>
        work === null ? '-' : formatAmount(work, workUnitOf(unit)),
      ),
      row('Verdict', ({ verdict }) => verdict.level),
    ],
    remarks: [
      ...unverified.map(markUnverified),
      ...runs.flatMap(describeDoubts),
      ...changes.flatMap((change) => describeRemarks(change, runs[0])),
    ],
  }
}

export function renderComparisonMarkdown(comparison: Comparison, unverified: readonly string[] = []): string {
  const { heading, rows, remarks } = comparisonSheet(comparison, unverified)
  const conditions = comparison.runs[0]?.measurement
  const cells = rows.map(([name = '', ...values]) => [name, ...values.map((value) => escapeText(value))])
  const parts = ['## GPU benchmarks compared', table(heading, cells)]
  if (conditions) parts.push(`All: ${describeParameters(conditions)}.`)
  if (remarks.length > 0) parts.push(remarks.map((remark) => `- ${escapeText(remark)}`).join('\n'))
  return `${parts.join('\n\n')}\n`
}

function describeParameters({ job_kind, recipe, parameters }: ComparedRun['measurement']): string {
  const values = Object.entries(parameters).map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)
  return [
    code(job_kind),
    ...(recipe === null ? [] : [`recipe ${escapeText(recipe)}`]),
    escapeText(values.join(', ')),
  ].join(', ')
}

function describeInterval({ throughput: { confidence_interval_95: interval, n, mean: value, unit } }: ComparedRun) {
  if (!interval) return 'none: one trial'
  return `${formatRateRange({ value, unit }, interval)} (${n} trials)`
}

function describeChangeCell(change: ComparedChange | undefined): string {
  if (!change) return '-'
  if (change.change) return describeChange(change.change)
  return change.other_machine.length > 0 ? 'another machine' : 'none: CPU numbers only prove the flow'
}

function describeDoubts({ label, verdict }: ComparedRun): string[] {
  return verdict.reasons
    .filter(({ level }) => level === 'suspect')
    .map((reason) => `${label} is ${verdict.level}, ${reason.code}: ${reason.message}`)
}

function describeRemarks({ label, other_machine, differences }: ComparedChange, first: ComparedRun | undefined) {
  const against = `${first?.label ?? ''} and ${label}`
  if (other_machine.length > 0) {
    return [
      `${against} ran on different machine types (${other_machine.join('; ')}): compare their cost; a percentage change is not meaningful.`,
    ]
  }
  const words = describeDifferences(differences)
  return words === null ? [] : [`Other differences between ${against}: ${words}.`]
}
