/** The last word on a run: the number, whether it may be used, whether the machine is gone, and what to do next. Pure. */

import { printableLine } from '../../../core/printable.ts'
import { formatThroughput, formatThroughputSummary } from '../../../evidence/format.ts'
import type { RunOutcome } from '../../../harness/events.ts'
import type { RunEvidence } from '../find-evidence.ts'
import type { Look } from './frame.ts'
import type { Style } from './style.ts'

const LABEL_WIDTH = 12

export function renderSummary(outcome: RunOutcome, details: RunEvidence, { style, glyphs }: Look): string {
  const row = (label: string, text: string) => `  ${style.dim(label.padEnd(LABEL_WIDTH))} ${text}`
  const more = (text: string) => `  ${' '.repeat(LABEL_WIDTH)} ${text}`
  const lines = [`${style.bold(`Run ${outcome.run_id}`)} ${renderStatus(outcome.status, style)}`, '']
  if (outcome.error) {
    lines.push(row('Error', style.red(`${outcome.error.code}: ${outcome.error.title}`)))
    lines.push(more(printableLine(outcome.error.why)), more(`fix: ${printableLine(outcome.error.fix)}`))
  }
  if (outcome.throughput_images_per_sec !== null) {
    lines.push(row('Throughput', style.bold(renderThroughput(outcome, details).replaceAll('±', glyphs.plusMinus))))
  }
  if (outcome.duration_seconds !== null) lines.push(row('Duration', `${outcome.duration_seconds.toFixed(1)} s`))
  const device = details.evidence?.environment.device
  if (device) lines.push(row('Device', printableLine(`${device.name} (${device.type})`)))
  if (outcome.verdict) {
    lines.push(row('Verdict', renderVerdict(outcome.verdict.level, style)))
    for (const { code, message } of outcome.verdict.reasons)
      lines.push(more(`${style.dim(`${code}:`)} ${printableLine(message)}`))
  }
  lines.push(
    row('Machine', renderTermination(outcome, style)),
    more(style.dim(printableLine(outcome.termination.proof))),
  )
  for (const { step, reason } of outcome.pending) {
    lines.push(row('Left over', style.red(`${step}: ${printableLine(reason)}`)))
  }
  if (outcome.evidence_path) {
    lines.push(row('Evidence', outcome.evidence_path.replace(/evidence\.json$/, 'evidence.md')))
  }
  const { problem } = details
  if (problem) lines.push(row('NOT VERIFIED', style.red(`${problem.code}: ${printableLine(problem.why)}`)))
  lines.push(row('Next', style.cyan(nextCommand(outcome))))
  return lines.join('\n')
}

/** The one command that is worth typing now. */
export function nextCommand(outcome: RunOutcome): string {
  const isLeft = outcome.pending.length > 0 || !outcome.termination.confirmed
  return `radix bench ${isLeft ? 'cleanup' : 'show'} ${outcome.run_id}`
}

/** The interval is in the evidence; the outcome alone has the mean. */
function renderThroughput(outcome: RunOutcome, { evidence }: RunEvidence): string {
  const summary = evidence?.results.throughput_images_per_sec
  return summary ? formatThroughputSummary(summary) : formatThroughput(outcome.throughput_images_per_sec ?? 0)
}

function renderStatus(status: RunOutcome['status'], style: Style): string {
  const words = status.replaceAll('_', ' ')
  if (status === 'succeeded') return style.green(words)
  return status === 'cancelled' ? style.yellow(words) : style.red(words)
}

function renderVerdict(level: NonNullable<RunOutcome['verdict']>['level'], style: Style): string {
  const paint = { valid: style.green, suspect: style.yellow, invalid: style.red }[level]
  return paint(level)
}

function renderTermination({ termination }: RunOutcome, style: Style): string {
  const machine = termination.machine_id ? ` ${termination.machine_id}` : ''
  switch (termination.state) {
    case 'confirmed':
      return `${style.green('confirmed to be gone')}${machine}`
    case 'unconfirmed':
      return `${style.red('NOT confirmed to be gone: it may still cost money')}${machine}`
    case 'not_needed':
      return 'none to terminate'
  }
}
