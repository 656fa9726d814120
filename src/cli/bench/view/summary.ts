/**
 * The final summary of a run: the number, whether it may be used, whether the machine is terminated, and the next
 * command. Pure.
 */

import { summariseEvidence } from '../../../contract/evidence-summary.ts'
import { asTyped } from '../../../core/as-typed.ts'
import { formatRate, formatRateSummary } from '../../../core/format.ts'
import { printableLine } from '../../../core/printable.ts'
import type { RunOutcome } from '../../../harness/events.ts'
import { NARROWEST_TEXT, wrapLines } from '../../shared/text-layout.ts'
import type { RunEvidence } from '../find-evidence.ts'
import type { Look } from './frame.ts'
import type { Style } from './style.ts'

const LABEL_WIDTH = 12
const INDENT = LABEL_WIDTH + 3

export interface SummaryPlace {
  /** Columns of the terminal; a pipe has no end. */
  width: number
  /** The program as it can be typed here. */
  program: string
}

export interface SummaryOptions {
  /** False for the command that would be suggested, unless something is left. */
  showsNext?: boolean
  /** The process that worked on the run ended before the run did. */
  wasInterrupted?: boolean
}

export function renderSummary(
  outcome: RunOutcome,
  details: RunEvidence,
  { style, glyphs }: Look,
  { width, program, showsNext = true, wasInterrupted = false }: SummaryPlace & SummaryOptions,
): string {
  const room = Math.max(NARROWEST_TEXT, width - INDENT)
  const lines = [
    `${style.bold(`Run ${outcome.run_id}`)} ${wasInterrupted ? style.red('interrupted') : renderStatus(outcome.status, style)}`,
    '',
  ]
  const add = (label: string, text: string, paint: (line: string) => string = (line) => line) => {
    for (const [index, line] of wrapLines(text.split('\n').map(cleanLine).join('\n'), room).split('\n').entries()) {
      lines.push(`  ${style.dim((index === 0 ? label : '').padEnd(LABEL_WIDTH))} ${paint(line)}`.trimEnd())
    }
  }
  /** A path or a command stays whole, so that it can be copied. */
  const addWhole = (label: string, text: string, paint: (line: string) => string = (line) => line) =>
    lines.push(`  ${style.dim(label.padEnd(LABEL_WIDTH))} ${paint(printableLine(text))}`)
  if (outcome.error) {
    add('Error', `${outcome.error.code}: ${outcome.error.title}`, style.red)
    add('', asTyped(outcome.error.why, program))
    add('', `fix: ${asTyped(outcome.error.fix, program)}`)
  }
  if (outcome.throughput !== null) {
    add('Throughput', renderThroughput(outcome, details).replaceAll('±', glyphs.plusMinus), style.bold)
  }
  if (outcome.duration_seconds !== null) add('Duration', `${outcome.duration_seconds.toFixed(1)} s`)
  const device = details.evidence?.environment.device
  if (device) add('Device', `${device.name} (${device.type})`)
  const notes = (details.evidence?.verdict.reasons ?? []).filter(({ level }) => level === 'note')
  if (outcome.verdict) {
    add('Verdict', outcome.verdict.level, verdictPaint(outcome.verdict.level, style))
    // An earlier version put the notes among the reasons.
    const reasons = outcome.verdict.reasons.filter(({ code }) => !notes.some((note) => note.code === code))
    for (const { code, message } of reasons) add('', `${code}: ${message}`)
  }
  for (const { code, message } of notes) add('Note', `${code}: ${message}`)
  const { words, isBad } = describeTermination(outcome)
  add('Machine', words, isBad ? style.red : style.green)
  add('', outcome.termination.proof, style.dim)
  for (const { step, reason } of outcome.pending) add('Left over', `${step}: ${reason}`, style.red)
  if (outcome.evidence_path) addWhole('Evidence', outcome.evidence_path.replace(/evidence\.json$/, 'evidence.md'))
  const { problem } = details
  if (problem) add('NOT VERIFIED', `${problem.code}: ${problem.why}`, style.red)
  if (showsNext || isLeft(outcome)) addWhole('Next', nextCommand(outcome, program), style.cyan)
  return lines.join('\n')
}

/** Keeps the indentation, which is ours. */
function cleanLine(line: string): string {
  return `${/^ */.exec(line)?.[0] ?? ''}${printableLine(line)}`
}

/** The one command that is worth typing now. */
export function nextCommand(outcome: RunOutcome, program: string): string {
  return `${program} bench ${isLeft(outcome) ? 'cleanup' : 'show'} ${outcome.run_id}`
}

function isLeft({ pending, termination }: RunOutcome): boolean {
  return pending.length > 0 || !termination.confirmed
}

/** The interval is in the evidence; the outcome has only the mean. */
function renderThroughput(outcome: RunOutcome, { evidence }: RunEvidence): string {
  const summary = evidence && summariseEvidence(evidence).throughput
  if (summary) return formatRateSummary(summary)
  return outcome.throughput ? formatRate(outcome.throughput) : ''
}

function renderStatus(status: RunOutcome['status'], style: Style): string {
  const words = status.replaceAll('_', ' ')
  if (status === 'succeeded') return style.green(words)
  return status === 'cancelled' ? style.yellow(words) : style.red(words)
}

function verdictPaint(level: NonNullable<RunOutcome['verdict']>['level'], style: Style) {
  return { valid: style.green, suspect: style.yellow, invalid: style.red }[level]
}

function describeTermination({ termination }: RunOutcome): { words: string; isBad: boolean } {
  const machine = termination.machine_id ?? ''
  switch (termination.state) {
    case 'confirmed':
      return { words: `Terminated ${machine}`.trimEnd(), isBad: false }
    case 'unconfirmed':
      return {
        words: `Termination NOT confirmed: ${machine || 'a machine of this run'} may still cost money`,
        isBad: true,
      }
    case 'not_needed':
      return { words: 'none to terminate', isBad: false }
  }
}
