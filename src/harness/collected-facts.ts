/** Copies what the control plane knows of a run's trials to this machine, and keeps it beside the journal. */
import { z } from 'zod'
import { Cluster } from '../contract/schemas/cluster.ts'
import { Timestamp } from '../contract/schemas/common.ts'
import { GpuSample, Job, type JobEvent } from '../contract/schemas/job.ts'
import { HARNESS_LIMITS } from '../core/limits/harness.ts'
import { MAX_WRAPPED_JSON_DEPTH, tryParseOutsideJson } from '../core/outside-json.ts'
import { redact } from '../core/redact.ts'
import type { StepContext } from './step.ts'

export const CollectedFacts = z.object({
  cluster: Cluster.nullable(),
  trials: z.array(
    z.object({
      trial: z.number().int(),
      job: Job,
      gpuSamples: z.array(z.object({ at: Timestamp, sample: GpuSample })),
      logTail: z.array(z.string()),
    }),
  ),
})
export type CollectedFacts = z.infer<typeof CollectedFacts>
type Trial = CollectedFacts['trials'][number]

const LOG_TAIL_LINES = 50
const PAGE_SIZE = 1000

/** Everything; throws if any part is unavailable. */
export async function collectFacts(context: StepContext): Promise<CollectedFacts> {
  const trials: Trial[] = []
  for (const { trial, jobId } of context.facts.trials ?? []) {
    if (jobId) trials.push(await collectTrial(context, trial, jobId))
  }
  return { cluster: context.facts.cluster ?? null, trials }
}

/** As much as is available now: for the evidence of a run that failed. */
export async function collectWhatIsThere(context: StepContext): Promise<CollectedFacts> {
  const trials: Trial[] = []
  for (const { trial, jobId } of context.facts.trials ?? []) {
    if (!jobId) continue
    try {
      trials.push(await collectTrial(context, trial, jobId))
    } catch (error) {
      context.logger.warn({ err: error, job_id: jobId }, 'a trial could not be collected for the evidence')
    }
  }
  return { cluster: context.facts.cluster ?? null, trials }
}

export function storeCollected(context: StepContext, collected: CollectedFacts): Promise<void> {
  return context.files.writeFacts(`${JSON.stringify(collected)}\n`)
}

/** The stored facts; `undefined` if there are none or they cannot be read. */
export function readCollected(context: StepContext): CollectedFacts | undefined {
  const text = context.files.readFacts()
  if (text === undefined) return undefined
  const bounds = { maxCharacters: HARNESS_LIMITS.collectedFacts.value, maxDepth: MAX_WRAPPED_JSON_DEPTH }
  return tryParseOutsideJson(text, CollectedFacts, bounds) ?? undefined
}

async function collectTrial(context: StepContext, trial: number, jobId: string): Promise<Trial> {
  const clusterId = context.facts.clusterId ?? ''
  const job = await context.call('getJob', { params: { cluster_id: clusterId, job_id: jobId } })
  const gpuSamples: Trial['gpuSamples'] = []
  for await (const event of listEvents(context, job, 'gpu_sample')) {
    if (event.kind === 'gpu_sample') gpuSamples.push({ at: event.at, sample: event.data })
  }
  let logTail: string[] = []
  for await (const event of listEvents(context, job, 'log')) {
    if (event.kind === 'log') logTail.push(redact(event.data.line))
    if (logTail.length > 2 * LOG_TAIL_LINES) logTail = logTail.slice(-LOG_TAIL_LINES)
  }
  return { trial, job, gpuSamples, logTail: logTail.slice(-LOG_TAIL_LINES) }
}

async function* listEvents(context: StepContext, job: Job, kind: 'gpu_sample' | 'log'): AsyncGenerator<JobEvent> {
  const params = { cluster_id: job.cluster_id, job_id: job.job_id }
  let after = 0
  for (let count = 0; count < HARNESS_LIMITS.collectedEvents.value; ) {
    const query = { kind, after_sequence: after, limit: PAGE_SIZE }
    const { items } = await context.call('listJobEvents', { params, query })
    yield* items
    count += items.length
    const last = items.at(-1)
    if (!last || last.sequence <= after) return
    after = last.sequence
  }
}
