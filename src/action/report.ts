/** How a run ended, for the workflow: outputs for later steps, annotations and the summary for people. */

import { basename, dirname, join } from 'node:path'
import { readRunEvidence } from '../cli/bench/find-evidence.ts'
import { summariseEvidence } from '../contract/evidence-summary.ts'
import type { Evidence } from '../contract/schemas/evidence.ts'
import { CLI_LIMITS } from '../core/limits/cli.ts'
import { printableLine } from '../core/printable.ts'
import type { RadixError } from '../errors/radix-error.ts'
import { escapeLines, escapeText } from '../evidence/markdown.ts'
import { jobSummaryTitle, renderJobSummary } from '../evidence/render-job-summary.ts'
import { EMBEDDED_API_BASE } from '../harness/config.ts'
import type { RunOutcome } from '../harness/events.ts'
import type { Finding } from '../providers/provider.ts'
import type { Reporter } from './reporter.ts'

/** A job's annotations are few: https://docs.github.com/en/actions/reference/limits */
const MAXIMUM_ANNOTATIONS = CLI_LIMITS.annotations.value

export async function reportOutcome(reporter: Reporter, outcome: RunOutcome, apiBase: string): Promise<void> {
  const { evidence, problem } = readRunEvidence(outcome)
  setOutputs(reporter, outcome, evidence, apiBase)
  annotate(reporter, outcome)
  if (problem) reportProblem(reporter, problem)
  if (evidence) await reporter.writeSummary((summary) => summary.addRaw(renderJobSummary(evidence)))
  else if (outcome.error) await summariseError(reporter, outcome.error, outcome.status)
}

/** Evidence that was changed after it was signed is not shown, and no step succeeds with it. */
function reportProblem(reporter: Reporter, { code, title, why, fix, exitCode }: RadixError): void {
  reporter.annotate('error', `${code}: ${title}`, `${why}\nFix: ${fix}`)
  process.exitCode = process.exitCode || exitCode
}

/** For a run without evidence, or a run that did not start. */
export async function reportError(reporter: Reporter, error: ShownError): Promise<void> {
  reporter.annotate('error', `${error.code}: ${error.title}`, `${error.why}\nFix: ${error.fix}`)
  await summariseError(reporter, error)
}

type ShownError = NonNullable<RunOutcome['error']>

async function summariseError(
  reporter: Reporter,
  error: ShownError,
  status: RunOutcome['status'] = 'failed',
): Promise<void> {
  const { code, title, why, fix } = error
  const heading = jobSummaryTitle(status, 'invalid')
  const words = [`**${code}**: ${escapeText(title)}.`, escapeLines(why), `Fix: ${escapeText(fix)}`].join('\n\n')
  await reporter.writeSummary((summary) => summary.addHeading(heading, 2).addRaw(words, true))
}

/** Outputs are text; unknown values are empty. */
function setOutputs(reporter: Reporter, outcome: RunOutcome, evidence: Evidence | null, apiBase: string): void {
  const directory = outcome.evidence_path ? dirname(outcome.evidence_path) : null
  const outputs = {
    'run-id': outcome.run_id,
    status: outcome.status,
    verdict: outcome.verdict?.level ?? null,
    throughput: outcome.throughput?.value ?? null,
    'throughput-unit': outcome.throughput?.unit ?? null,
    'throughput-images-per-sec': outcome.throughput?.unit === 'images/s' ? outcome.throughput.value : null,
    'duration-seconds': outcome.duration_seconds,
    'cost-usd': evidence && summariseEvidence(evidence).machine_usd,
    'report-path': directory && join(directory, 'evidence.md'),
    // The control plane of the job ends with it.
    'report-url': apiBase === EMBEDDED_API_BASE ? null : directory && `${apiBase}/v1/runs/${outcome.run_id}/evidence`,
    'evidence-directory': directory,
    'artifact-name': directory && basename(directory),
  }
  for (const [name, value] of Object.entries(outputs)) reporter.setOutput(name, value ?? '')
}

function annotate(reporter: Reporter, { error, verdict, pending, termination, status }: RunOutcome): void {
  if (error) reporter.annotate('error', `${error.code}: ${error.title}`, `${error.why}\nFix: ${error.fix}`)
  if (!termination.confirmed) {
    const machine = termination.machine_id ?? 'A machine of this run'
    const words = `${machine} may still be running and billing. ${termination.proof}`
    reporter.annotate('error', 'Termination not confirmed', words)
  }
  for (const { step, reason } of pending) reporter.annotate('error', `Not cleaned up: ${step}`, reason)
  if (status !== 'succeeded' || verdict === null) return
  const reasons = verdict.reasons.map(({ code, message }) => `${code}: ${message}`).join('\n')
  if (verdict.level !== 'valid') reporter.annotate('warning', `The number is ${verdict.level}`, reasons)
}

/** The findings of `command: check`. */
export async function reportFindings(
  reporter: Reporter,
  findings: readonly Finding[],
  mayStart: boolean,
): Promise<void> {
  for (const { severity, code, message, fix } of findings.slice(0, MAXIMUM_ANNOTATIONS)) {
    reporter.annotate(severity, code, `${message}\nFix: ${fix}`)
  }
  reporter.setOutput('status', mayStart ? 'may-start' : 'may-not-start')
  const heading = ['Severity', 'Code', 'Found', 'Fix'].map((data) => ({ data, header: true }))
  const rows = findings.map(({ severity, code, message, fix }) => [
    severity,
    code,
    escapeHtml(message),
    escapeHtml(fix),
  ])
  await reporter.writeSummary((summary) => {
    summary.addHeading(mayStart ? 'The benchmark can start' : 'The benchmark cannot start', 2)
    if (rows.length > 0) summary.addTable([heading, ...rows])
    return summary.addRaw('Nothing was started, nothing is billed.', true)
  })
}

function escapeHtml(text: string): string {
  return printableLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
