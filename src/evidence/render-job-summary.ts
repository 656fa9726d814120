/** The job summary on the page of a workflow run: the number first, then whether it may be used, and its cost. Pure. */
import type { Evidence } from '../contract/schemas/evidence.ts'
import {
  formatDecimals,
  formatPercent,
  formatRate,
  formatRateInterval,
  formatSeconds,
  formatUsd,
  formatWork,
} from '../core/format.ts'
import { workloadOf } from '../workloads/index.ts'
import { code, codeBlock, escapeLines, escapeText, table } from './markdown.ts'
import { renderSigner } from './render-signer.ts'
import { renderWaterfall } from './render-waterfall.ts'
import { shownParameters } from './shown-parameters.ts'

export function renderJobSummary(evidence: Evidence): string {
  const sections = [
    `## ${jobSummaryTitle(evidence.status, evidence.verdict.level)}`,
    renderError(evidence),
    '### Results',
    table(['', ''], rowsOf(evidence)),
    renderReasons(evidence),
    '### Where the time went',
    codeBlock(renderWaterfall(evidence.phases), 'text'),
    `Run ${code(evidence.run_id)}, ${evidence.started_at} to ${evidence.finished_at}. Again: ${code(evidence.reproduce.command)}`,
    renderSigner(evidence),
  ]
  return `${sections.filter((section) => section !== null).join('\n\n')}\n`
}

export function jobSummaryTitle(status: Evidence['status'], verdict: Evidence['verdict']['level']): string {
  if (status === 'cancelled') return '🚫 GPU Benchmark Cancelled'
  if (status === 'termination_unconfirmed') return '🚨 GPU Benchmark Ended, Its Machine May Still Be Running'
  if (status !== 'succeeded') return '❌ GPU Benchmark Failed'
  return verdict === 'valid' ? '✅ GPU Benchmark Completed Successfully' : '⚠️ GPU Benchmark Completed, With Doubts'
}

function renderError({ error }: Evidence): string | null {
  if (!error) return null
  return `**${code(error.code)}: ${escapeText(error.title)}.** ${escapeLines(error.why)}\n\n**Fix:** ${escapeText(error.fix)}`
}

/** The specification's rows in its words, then the rows on the quality of the number. */
function rowsOf(evidence: Evidence): string[][] {
  const { results, request, environment, termination } = evidence
  const { throughput, duration_seconds: duration } = results
  const interval = throughput?.confidence_interval_95
  const rate = throughput && { value: throughput.mean, unit: throughput.unit }
  return [
    ['Instance Type', escapeText(environment.machine?.instance_type ?? `none (provider ${request.provider})`)],
    ['Throughput', rate ? `**${inSeconds(formatRate(rate))}**` : 'none'],
    ['Duration', duration ? `${formatDecimals(duration.mean, 1)} seconds` : 'none'],
    ...shownParameters(request),
    ['Verdict', `**${evidence.verdict.level}**`],
    [
      'Confidence',
      interval && rate
        ? `95 % interval ${inSeconds(formatRateInterval(rate, interval))} (± ${formatPercent(interval.half_width_relative)}, ${throughput.n} trials)`
        : 'none: an interval takes several trials',
    ],
    ['Device', environment.device ? escapeText([environment.device.name, ...recipeOf(request)].join(', ')) : 'unknown'],
    ['Cost', costOf(evidence)],
    ['Machine', escapeText(machineOf(termination))],
  ]
}

/** As the specification's summary spells the unit. */
function inSeconds(rate: string): string {
  return rate.replace(/images\/s$/, 'images/sec')
}

function recipeOf({ parameters: { recipe } }: Evidence['request']): string[] {
  return recipe === undefined ? [] : [`recipe ${recipe}`]
}

function costOf({ cost, request }: Evidence): string {
  if (!cost) return 'not known'
  const parts = [
    `**${formatUsd(cost.machine_usd)}** for ${formatSeconds(cost.billed_seconds)} at $${cost.price_per_hour_usd.toFixed(3)} per hour`,
    cost.complete ? null : 'and counting',
    cost.work_per_usd === null
      ? null
      : `${formatWork(cost.work_per_usd, workloadOf(request.job_kind).work)} per dollar`,
  ]
  return parts.filter((part) => part !== null).join(', ')
}

function machineOf({ state, machine_id, confirmed_at }: Evidence['termination']): string {
  if (state === 'not_needed') return 'none was launched'
  if (state === 'confirmed')
    return `${machine_id ?? 'The machine'} terminated${confirmed_at ? `, confirmed at ${confirmed_at}` : ''}`
  return `Termination NOT confirmed: ${machine_id ?? 'a machine of this run'} may still cost money`
}

function renderReasons({ verdict }: Evidence): string | null {
  if (verdict.reasons.length === 0) return null
  return verdict.reasons
    .map(({ code: rule, level, message }) => `- ${level}, ${code(rule)}: ${escapeText(message)}`)
    .join('\n')
}
