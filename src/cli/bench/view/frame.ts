/** One picture of a run on a terminal: lines of text, as wide as they come out. Pure; the terminal cuts and draws them. */

import { formatRate, formatSeconds } from '../../../core/format.ts'
import { printableLine } from '../../../core/printable.ts'
import { type LineState, type RunProgress, secondsLeft, type TrialState } from './run-progress.ts'
import type { Glyphs, Style } from './style.ts'

export interface Look {
  style: Style
  glyphs: Glyphs
}

const BAR_WIDTH = 24

export interface Frame {
  lines: string[]
  /** The line that must stay visible on a low terminal: the one that changes. */
  focus: number
}

export function renderFrame(state: RunProgress, nowMs: number, look: Look): Frame {
  const { style } = look
  const width = Math.max(0, ...[...state.steps, ...state.undos].map(({ name }) => name.length))
  const elapsed = formatSeconds((nowMs - state.startedMs) / 1000)
  const lines = [`${style.bold('radix bench')}  ${state.runId ?? 'starting'}  ${style.dim(elapsed)}`, '']
  let focus = 0
  const add = (line: LineState) => {
    lines.push(renderLine(line, width, nowMs, look))
    if (line.status === 'running') focus = lines.length - 1
  }
  for (const step of state.steps) {
    add(step)
    if (step.name !== 'run-trials' || step.status !== 'running' || !state.trial) continue
    lines.push(`      ${renderTrial(state.trial, look)}`)
    focus = lines.length - 1
  }
  if (state.undos.length > 0) {
    lines.push('', `  ${style.bold('Cleaning up what was started')}`)
    for (const undo of state.undos) add(undo)
  }
  return { lines, focus }
}

/** `trial 2/5 ━━━━── 120/200 · 343.2 images/s · 23.0 s left · loss 6.914`. */
export function renderTrial(trial: TrialState, { style, glyphs }: Look): string {
  const { progress } = trial
  const name = `trial ${trial.trial}/${trial.trials}`
  if (!progress) return `${name}  ${style.dim('waiting for the agent')}`
  if (progress.step === null || !progress.total_steps) return `${name}  ${style.dim(printableLine(progress.phase))}`
  const share = Math.min(1, progress.step / progress.total_steps)
  const full = Math.round(share * BAR_WIDTH)
  const bar = style.cyan(glyphs.barFull.repeat(full)) + style.dim(glyphs.barEmpty.repeat(BAR_WIDTH - full))
  return `${name}  ${bar}  ${describeProgress(trial).join(glyphs.separator)}`
}

/** The parts of a trial's progress, most important first. Unknown parts are left out. */
export function describeProgress(trial: TrialState): string[] {
  const { progress } = trial
  if (!progress) return []
  const parts: string[] = []
  if (progress.step !== null) parts.push(`step ${progress.step}/${progress.total_steps ?? '?'}`)
  if (progress.throughput !== null) parts.push(formatRate(progress.throughput))
  const left = secondsLeft(trial)
  if (left !== null) parts.push(`${formatLeft(left)} left`)
  if (progress.loss !== null) parts.push(`loss ${progress.loss.toFixed(3)}`)
  return parts
}

function renderLine(line: LineState, width: number, nowMs: number, look: Look): string {
  const { style } = look
  const { startedMs, durationMs, status } = line
  const passedMs = durationMs ?? (status === 'running' && startedMs !== null ? nowMs - startedMs : null)
  const time = passedMs === null ? '' : formatSeconds(passedMs / 1000)
  const name = line.name.padEnd(width)
  const words = line.message ? printableLine(line.message) : ''
  const message = status === 'failed' ? style.red(words) : style.dim(words)
  const label = status === 'pending' || status === 'skipped' ? style.dim(name) : name
  return `  ${mark(line, nowMs, look)} ${label}  ${style.dim(time.padStart(11))}  ${message}`.trimEnd()
}

function mark({ status }: LineState, nowMs: number, { style, glyphs }: Look): string {
  switch (status) {
    case 'pending':
      return style.dim(glyphs.pending)
    case 'running':
      return style.cyan(glyphs.spinner[Math.floor(nowMs / 100) % glyphs.spinner.length] ?? '')
    case 'succeeded':
      return style.green(glyphs.done)
    case 'failed':
      return style.red(glyphs.failed)
    case 'skipped':
      return style.dim(glyphs.skipped)
    case 'undone':
      return style.green(glyphs.undone)
  }
}

/** Whole seconds: an estimate that shows tenths claims too much. */
function formatLeft(seconds: number): string {
  return seconds < 59.5 ? `${Math.round(seconds)} s` : formatSeconds(seconds)
}
