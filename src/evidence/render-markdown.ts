/**
 * Renders `evidence.md` from `evidence.json` only. The most important parts come first: the number, whether it may be
 * used, then its basis. Pure.
 */
import type { Reason } from '../contract/schemas/comparison.ts'
import type { Evidence } from '../contract/schemas/evidence.ts'
import {
  formatAmount,
  formatPercent,
  formatRate,
  formatRateSummary,
  formatSeconds,
  formatUsd,
  nameWorkPerDollar,
} from '../core/format.ts'
import { workloadOf } from '../workloads/index.ts'
import { rateUnitOf } from '../workloads/workload.ts'
import { code, codeBlock, escapeLines, escapeText, table } from './markdown.ts'
import { renderEnvironment, renderTelemetry } from './render-environment.ts'
import { renderSigner } from './render-signer.ts'
import { renderWaterfall } from './render-waterfall.ts'
import { shownParameters } from './shown-parameters.ts'

const VERDICT_WORDS: Record<Evidence['verdict']['level'], string> = {
  valid: 'The number may be used.',
  suspect: 'The number is doubtful. Read the reasons before you use it.',
  invalid: 'No number may be used.',
}
const REASON_WORDS: Record<Reason['level'], string> = { note: 'note', suspect: 'doubtful', invalid: 'unusable' }

export function renderEvidenceMarkdown(evidence: Evidence): string {
  const sections = [
    renderHead(evidence),
    renderVerdict(evidence),
    renderError(evidence),
    renderTrials(evidence),
    renderTelemetry(evidence),
    renderEnvironment(evidence),
    renderPhases(evidence),
    renderCost(evidence),
    renderTermination(evidence),
    renderReproduction(evidence),
    renderOmissions(evidence),
  ]
  return `${sections.filter((section) => section !== null).join('\n\n')}\n`
}

function renderHead(evidence: Evidence): string {
  const { request, results, environment, status } = evidence
  const { throughput, duration_seconds: duration } = results
  const rows = [
    ['Instance Type', escapeText(environment.machine?.instance_type ?? `none (provider ${request.provider})`)],
    ['Throughput', throughput ? `**${formatRateSummary(throughput)}**` : 'none'],
    ['Duration', duration ? `${duration.mean.toFixed(1)} s` : 'none'],
    ...shownParameters(request),
    ['Verdict', `**${evidence.verdict.level}**`],
    ['Device', environment.device ? escapeText(`${environment.device.name} (${environment.device.type})`) : 'unknown'],
    ...(request.parameters.recipe === undefined ? [] : [['Recipe', escapeText(String(request.parameters.recipe))]]),
  ]
  const title = status === 'succeeded' ? 'GPU benchmark evidence' : `GPU benchmark evidence: run ${status}`
  const when = `Run ${code(evidence.run_id)}, started ${evidence.started_at}, evidence written ${evidence.finished_at}.`
  return [`# ${title.replaceAll('_', ' ')}`, when, renderSigner(evidence), table(['', ''], rows)].join('\n\n')
}

function renderVerdict({ verdict }: Evidence): string {
  const words = `**${verdict.level}**: ${VERDICT_WORDS[verdict.level]}`
  const reasons = verdict.reasons.map(
    ({ code: ruleCode, level, message }) => `- ${REASON_WORDS[level]}, ${code(ruleCode)}: ${escapeText(message)}`,
  )
  return ['## Verdict', words, reasons.length > 0 ? reasons.join('\n') : 'No rule objected to it.'].join('\n\n')
}

function renderError({ error }: Evidence): string | null {
  if (!error) return null
  return [
    '## What went wrong',
    `${code(error.code)}: ${escapeText(error.title)}. ${escapeLines(error.why)}`,
    `Fix: ${escapeText(error.fix)}`,
  ].join('\n\n')
}

function renderTrials({ results, request }: Evidence): string {
  // Only training has a loss.
  const isTraining = results.trials.every(({ result }) => !result || result.loss)
  const rows = results.trials.map(({ trial, job_status, result, reported, error }) => {
    const steps = result?.step_seconds
    const measured = result ?? reported
    return [
      String(trial),
      measured ? formatRate(measured.throughput) : '-',
      measured ? `${measured.duration_seconds.toFixed(1)} s` : '-',
      result ? `${result.timed_seconds.toFixed(1)} s` : '-',
      steps ? `${formatMs(steps.median)} / ${formatMs(steps.p99)}` : '-',
      ...(isTraining ? [result?.loss ? `${result.loss.first.toFixed(3)} → ${result.loss.last.toFixed(3)}` : '-'] : []),
      measured ? job_status : escapeText(error?.message ?? job_status),
    ]
  })
  const asked = `Each trial: ${workloadOf(request.job_kind).describe(request.parameters)}`
  const loss = isTraining ? ['Loss'] : []
  const heading = ['Trial', 'Throughput', 'Duration', 'Timed', 'Step median / p99', ...loss, 'Status']
  const parts = ['## Results', asked, rows.length > 0 ? table(heading, rows) : 'No trial was started.']
  const { throughput, measured_share: share } = results
  if (throughput?.confidence_interval_95) parts.push(describeInterval(throughput))
  if (share !== null && results.timed_seconds > 0) {
    parts.push(`${formatSeconds(results.timed_seconds)} were timed: ${formatPercent(share)} of the run.`)
  }
  return parts.join('\n\n')
}

function describeInterval({
  confidence_interval_95: interval,
  standard_deviation,
  n,
  unit,
}: NonNullable<Evidence['results']['throughput']>): string {
  if (!interval) return ''
  const show = (value: number) => formatRate({ value, unit })
  return (
    `Over ${n} trials: standard deviation ${show(standard_deviation ?? 0)}; 95 % confidence interval of the ` +
    `mean ${show(Math.max(0, interval.low))} to ${show(interval.high)} (± ${formatPercent(interval.half_width_relative)}, Student's t).`
  )
}

function renderPhases(evidence: Evidence): string {
  return ['## Where the time went', codeBlock(renderWaterfall(evidence.phases), 'text')].join('\n\n')
}

function renderTermination({ termination, launch_attempts }: Evidence): string {
  const words = {
    confirmed: '**Termination confirmed.** The provider reports the machine as terminated.',
    unconfirmed: '**Termination not confirmed.** The machine may still cost money.',
    not_needed: 'There was no machine to terminate.',
  }[termination.state]
  const rows = [
    ['Machine', termination.machine_id ? code(termination.machine_id) : '-'],
    ['Termination requested', termination.requested_at ?? '-'],
    ['Confirmed', termination.confirmed_at ?? '-'],
    ['Proof', escapeText(termination.proof)],
  ]
  const attempts = launch_attempts.map(
    ({ at, outcome, message, ...placement }) =>
      `- ${at}: ${[outcome, escapeText(describe(placement))].filter(Boolean).join(', ')}${message ? `: ${escapeText(message)}` : ''}`,
  )
  const parts = ['## Termination', words, table(['', ''], rows)]
  if (attempts.length > 0) parts.push('Launch attempts:', attempts.join('\n'))
  return parts.join('\n\n')
}

function describe(
  placement: Pick<Evidence['launch_attempts'][number], 'instance_type' | 'market' | 'region' | 'zone'>,
) {
  const { instance_type, market, region, zone } = placement
  return [instance_type, market, zone ?? region].filter(Boolean).join(' ')
}

function renderCost({ cost, request }: Evidence): string | null {
  if (cost === null) return null
  const workload = workloadOf(request.job_kind)
  const rows = [
    ['Price', `${formatUsd(cost.price_per_hour_usd)} per hour (${escapeText(cost.price_source)})`],
    [
      'Machine',
      `${formatUsd(cost.machine_usd)} for ${formatSeconds(cost.billed_seconds)}${cost.complete ? '' : ', and counting'}`,
    ],
    ['At most', `${formatUsd(cost.worst_case_usd)}, if the run had lasted until its deadline`],
    [
      nameWorkPerDollar(rateUnitOf(workload)),
      cost.work_per_usd === null ? 'unknown' : formatAmount(cost.work_per_usd, workload.work),
    ],
  ]
  return ['## Cost', table(['', ''], rows)].join('\n\n')
}

function renderReproduction({ reproduce, results }: Evidence): string {
  const files = ['evidence.json', ...results.trials.flatMap((trial) => trial.files)]
  const beside = `Files next to this one: ${files.map(code).join(', ')}.`
  return ['## Reproduce', codeBlock(reproduce.command, 'sh'), beside].join('\n\n')
}

function renderOmissions({ omitted }: Evidence): string | null {
  if (omitted.length === 0) return null
  return ['## Not available', omitted.map(({ what, why }) => `- ${code(what)}: ${escapeText(why)}`).join('\n')].join(
    '\n\n',
  )
}

function formatMs(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`
}
