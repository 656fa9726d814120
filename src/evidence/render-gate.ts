/** Renders the result of a gate, as cells for a terminal and as a pull request comment. Pure. */
import type { Measurement } from '../contract/schemas/baseline.ts'
import { formatRate, formatRateRange } from '../core/format.ts'
import { confidenceInterval, mean } from '../core/statistics.ts'
import type { GateResult } from './compare/gate.ts'
import { describeChange, formatThreshold } from './compare/words.ts'
import { describeDifferences, markUnverified, type Sheet } from './compare-sheet.ts'
import { escapeText, table } from './markdown.ts'

const TITLES: Record<GateResult['decision'], string> = {
  regression: '❌ GPU benchmark: throughput fell',
  improved: '✅ GPU benchmark: throughput rose',
  pass: '✅ GPU benchmark: no regression',
  ambiguous: '⚠️ GPU benchmark: inconclusive',
}

export function gateSheet(result: GateResult): Sheet {
  const { baseline, candidate } = result
  const row = (name: string, show: (measurement: Measurement) => string) => [name, show(baseline), show(candidate)]
  return {
    heading: [' ', 'Baseline', 'This run'],
    rows: [
      row('Run', ({ run_id }) => run_id),
      row('Measured', ({ measured_at }) => measured_at),
      row('Instance type', ({ instance_type }) => instance_type ?? '-'),
      row('GPU', ({ device }) => device.name),
      row('Throughput', ({ throughputs, unit }) => formatRate({ value: mean(throughputs), unit })),
      row('95 % interval', describeInterval),
      ['Change', '-', describeChange(result.change)],
      ['Threshold', '-', `-${formatThreshold(result.threshold_percent / 100)}`],
      ['Decision', '-', result.decision.toUpperCase()],
    ],
    remarks: listRemarks(result),
  }
}

/** Begins with an invisible comment, by which a later run finds the comment to replace. */
export function renderGateMarkdown(result: GateResult): string {
  const { heading, rows, remarks } = gateSheet(result)
  const cells = rows.map((values) => values.map((value) => escapeText(value)))
  return `${[
    gateMarker(result.baseline_name),
    `### ${TITLES[result.decision]}${result.unverified.length > 0 ? ' (by evidence that was not verified)' : ''}`,
    result.reason,
    table(heading.map(escapeText), cells),
    ...(remarks.length > 0 ? [remarks.map((remark) => `- ${escapeText(remark)}`).join('\n')] : []),
  ].join('\n\n')}\n`
}

/** One per baseline, so several gates may comment on one pull request. */
function gateMarker(baselineName: string): string {
  const name = baselineName.replaceAll(/[^\w.]+/g, '-').replaceAll(/^-|-$/g, '')
  return `<!-- radix-gate: ${name} -->`
}

function listRemarks({ baseline_name, doubts, differences, unverified }: GateResult): string[] {
  const words = describeDifferences(differences)
  return [
    // Not a heading: the path of a file would leave a terminal no room for the columns.
    `Baseline: ${baseline_name}`,
    ...unverified.map(markUnverified),
    ...doubts.map(({ code, message }) => `This run is suspect, ${code}: ${message}`),
    ...(words === null ? [] : [`Other differences: ${words}.`]),
  ]
}

function describeInterval({ throughputs, unit }: Measurement): string {
  const interval = confidenceInterval(throughputs)
  if (!interval) return 'none: one trial'
  return `${formatRateRange({ value: mean(throughputs), unit }, interval)} (${throughputs.length} trials)`
}
