/** How a run ended, for the workflow: outputs for later steps, annotations and the summary for people. */
import { basename, dirname, join } from 'node:path'
import { readRunEvidence } from '../cli/bench/find-evidence.ts'
import type { RadixError } from '../errors/radix-error.ts'
import { escapeText } from '../evidence/markdown.ts'
import { jobSummaryTitle, renderJobSummary } from '../evidence/render-job-summary.ts'
import type { Evidence } from '../evidence/schema.ts'
import type { RunOutcome } from '../harness/events.ts'
import type { Finding } from '../providers/provider.ts'
import type { Toolkit } from './runner.ts'

/** A job's annotations are few: https://docs.github.com/en/actions/reference/limits */
const MAXIMUM_ANNOTATIONS = 10

export async function reportOutcome(toolkit: Toolkit, outcome: RunOutcome, apiBase: string): Promise<void> {
  const { evidence, problem } = readRunEvidence(outcome)
  setOutputs(toolkit, outcome, evidence, apiBase)
  annotate(toolkit, outcome)
  if (problem) reportProblem(toolkit, problem)
  if (evidence) await writeSummary(toolkit, (summary) => summary.addRaw(renderJobSummary(evidence)))
  else if (outcome.error) await summariseError(toolkit, outcome.error, outcome.status)
}

/** Evidence that is not as it was signed is not shown, and no step succeeds with it. */
function reportProblem(toolkit: Toolkit, { code, title, why, fix, exitCode }: RadixError): void {
  toolkit.error(`${why}\nFix: ${fix}`, { title: `${code}: ${title}` })
  process.exitCode = process.exitCode || exitCode
}

/** For a run that left no evidence, or did not come to be. */
export async function reportError(toolkit: Toolkit, error: ShownError): Promise<void> {
  toolkit.error(`${error.why}\nFix: ${error.fix}`, { title: `${error.code}: ${error.title}` })
  await summariseError(toolkit, error)
}

type ShownError = NonNullable<RunOutcome['error']>

async function summariseError(
  toolkit: Toolkit,
  error: ShownError,
  status: RunOutcome['status'] = 'failed',
): Promise<void> {
  const { code, title, why, fix } = error
  const heading = jobSummaryTitle(status, 'invalid')
  const words = [`**${code}**: ${escapeText(title)}.`, escapeText(why), `Fix: ${escapeText(fix)}`].join('\n\n')
  await writeSummary(toolkit, (summary) => summary.addHeading(heading, 2).addRaw(words, true))
}

/** Outputs are text; what is not known is empty. */
function setOutputs(toolkit: Toolkit, outcome: RunOutcome, evidence: Evidence | null, apiBase: string): void {
  const directory = outcome.evidence_path ? dirname(outcome.evidence_path) : null
  const outputs = {
    'run-id': outcome.run_id,
    status: outcome.status,
    verdict: outcome.verdict?.level ?? null,
    'throughput-images-per-sec': outcome.throughput_images_per_sec,
    'duration-seconds': outcome.duration_seconds,
    'cost-usd': evidence?.cost?.machine_usd ?? null,
    'report-path': directory && join(directory, 'evidence.md'),
    'report-url': directory && `${apiBase}/v1/runs/${outcome.run_id}/evidence`,
    'evidence-directory': directory,
    'artifact-name': directory && basename(directory),
  }
  for (const [name, value] of Object.entries(outputs)) toolkit.setOutput(name, value ?? '')
}

function annotate(toolkit: Toolkit, { error, verdict, pending, termination, status }: RunOutcome): void {
  if (error) toolkit.error(`${error.why}\nFix: ${error.fix}`, { title: `${error.code}: ${error.title}` })
  if (!termination.confirmed) {
    toolkit.error(
      `${termination.machine_id ?? 'A machine of this run'} may still be running and billing. ${termination.proof}`,
      {
        title: 'The machine is not confirmed to be gone',
      },
    )
  }
  for (const { step, reason } of pending) toolkit.error(reason, { title: `Not taken back: ${step}` })
  if (status !== 'succeeded' || verdict === null) return
  const reasons = verdict.reasons.map(({ code, message }) => `${code}: ${message}`).join('\n')
  if (verdict.level !== 'valid') toolkit.warning(reasons, { title: `The number is ${verdict.level}` })
}

/** What `command: check` found. */
export async function reportFindings(toolkit: Toolkit, findings: readonly Finding[], mayStart: boolean): Promise<void> {
  for (const { severity, code, message, fix } of findings.slice(0, MAXIMUM_ANNOTATIONS)) {
    toolkit[severity](`${message}\nFix: ${fix}`, { title: code })
  }
  toolkit.setOutput('status', mayStart ? 'may-start' : 'may-not-start')
  const heading = ['Severity', 'Code', 'Found', 'Fix'].map((data) => ({ data, header: true }))
  const rows = findings.map(({ severity, code, message, fix }) => [
    severity,
    code,
    escapeHtml(message),
    escapeHtml(fix),
  ])
  await writeSummary(toolkit, (summary) => {
    summary.addHeading(mayStart ? 'The benchmark may start' : 'The benchmark cannot start', 2)
    if (rows.length > 0) summary.addTable([heading, ...rows])
    return summary.addRaw('Nothing was started, nothing is billed.', true)
  })
}

type Summary = Toolkit['summary']

/** What is shown is no reason for a run to fail: a runner may have no room for it. */
async function writeSummary(toolkit: Toolkit, fill: (summary: Summary) => Summary): Promise<void> {
  try {
    await fill(toolkit.summary).write()
  } catch (error) {
    toolkit.warning(`The summary could not be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
