/** A benchmark that goes through its steps in some twenty seconds, to evidence, to a failure, or until it is cancelled. */

import type { z } from 'zod'
import type { Cluster } from '../../src/contract/schemas/cluster.ts'
import type { Job } from '../../src/contract/schemas/job.ts'
import type { Run, RunStep, StartBenchmarkBody } from '../../src/contract/schemas/run.ts'
import { newJob, newRun } from '../../src/contract/testing/new-objects.ts'
import type { RunStatus } from '../../src/core/transitions.ts'
import { STEP_NAMES, type StepName } from '../../src/harness/step-names.ts'
import { buildBenchmarkEvidence, metricsOf } from './benchmark-evidence.ts'
import { endJob } from './job-routes.ts'
import { type MadeUpRun, runOf } from './runs.ts'
import type { World } from './world.ts'

/** How long a step takes; those of a machine that is there already are skipped. */
const STEP_MS: Partial<Record<StepName, number>> = {
  authenticate: 400,
  preflight: 900,
  'register-run': 200,
  'await-cluster': 700,
  collect: 1200,
  'write-evidence': 900,
  'clean-up': 500,
}
const TRIALS_MS = 12_000
/** More trials than these take longer. */
const QUICK_TRIALS = 3
const LEASE_MS = 300
const CANCEL_MS = 1500

export function startBenchmark(world: World, cluster: Cluster, body: z.output<typeof StartBenchmarkBody>): Run {
  const nowMs = Date.now()
  const run = newRun({
    provider: 'existing',
    cluster_name: cluster.name,
    cluster_id: cluster.cluster_id,
    parameters: { ...body.params, trials: body.trials },
    steps: STEP_NAMES.map((name) => ({ name, status: 'pending', started_at: null, finished_at: null, message: null })),
    deadline_at: new Date(nowMs + body.ttl_minutes * 60_000).toISOString(),
    created_at: new Date(nowMs).toISOString(),
  })
  const made: MadeUpRun = { run, evidence: null }
  world.runs.unshift(made)
  world.announce('runs')
  beginStep(world, made, cluster, 0, nowMs)
  return run
}

/** One after the other; a run that has ended begins no more. */
function beginStep(world: World, made: MadeUpRun, cluster: Cluster, index: number, atMs: number): void {
  const { run } = made
  const step = run.steps[index]
  if (!step) {
    succeed(world, made, cluster, atMs)
    return
  }
  const trialsMs = trialMs(run) * trialsOf(run)
  const tookMs = step.name === 'run-trials' ? trialsMs : STEP_MS[STEP_NAMES[index] ?? 'collect']
  world.at(atMs, () => {
    if (run.ended_at !== null) return
    run.status = 'running'
    setStep(step, tookMs === undefined ? 'skipped' : 'running', atMs)
    world.announce('runs')
    if (step.name === 'run-trials') beginTrial(world, made, cluster, 1, atMs)
    const endMs = atMs + (tookMs ?? 0)
    world.at(endMs, () => {
      if (run.ended_at !== null) return
      if (tookMs !== undefined) setStep(step, 'succeeded', endMs)
      beginStep(world, made, cluster, index + 1, endMs)
    })
  })
}

function beginTrial(world: World, made: MadeUpRun, cluster: Cluster, trial: number, atMs: number): void {
  const { run } = made
  const job = newJob({
    cluster_id: cluster.cluster_id,
    run_id: run.run_id,
    params: run.parameters,
    created_at: new Date(atMs).toISOString(),
  })
  const endMs = atMs + trialMs(run)
  world.jobs.unshift(job)
  world.secondsOfJob.set(job.job_id, (trialMs(run) - LEASE_MS) / 1000)
  world.announce('jobs')
  world.at(atMs + LEASE_MS, () => {
    if (job.status !== 'queued') return
    const at = new Date(atMs + LEASE_MS).toISOString()
    Object.assign(job, { status: 'running', lease_epoch: 1, leased_at: at, started_at: at } satisfies Partial<Job>)
    world.announce('jobs')
  })
  // Before the step that waits for it ends.
  world.at(endMs - 1, () => {
    endJob(world, job, 'succeeded', endMs - 1)
    if (job.status !== 'succeeded') {
      endRun(world, made, 'failed', 'JOB_FAILED', endMs)
      return
    }
    job.metrics = metricsOf(run, trial, cluster)
    if (trial < trialsOf(run) && run.ended_at === null) beginTrial(world, made, cluster, trial + 1, endMs)
  })
}

export function cancelRun(world: World, made: MadeUpRun): void {
  if (made.run.ended_at !== null || made.run.cancel_requested) return
  const endMs = Date.now() + CANCEL_MS
  made.run.cancel_requested = true
  world.announce('runs')
  world.at(endMs, () => endRun(world, made, 'cancelled', 'RUN_CANCELLED', endMs))
}

function endRun(world: World, { run }: MadeUpRun, status: RunStatus, errorCode: string, atMs: number): void {
  if (run.ended_at !== null) return
  for (const job of world.jobs.filter(({ run_id }) => run_id === run.run_id)) endJob(world, job, 'cancelled', atMs)
  for (const step of run.steps.filter((each) => each.status === 'running')) setStep(step, 'failed', atMs)
  const ended_at = new Date(atMs).toISOString()
  const machine = run.machine && { ...run.machine, state: 'terminated' as const, terminated_at: ended_at }
  Object.assign(run, { status, error_code: errorCode, machine, ended_at } satisfies Partial<Run>)
  world.announce('runs')
}

function succeed(world: World, made: MadeUpRun, cluster: Cluster, atMs: number): void {
  const { run } = made
  const jobs = world.jobs.filter(({ run_id }) => run_id === run.run_id).toReversed()
  const evidence = buildBenchmarkEvidence(run, cluster, jobs, atMs)
  const device = evidence.environment.device?.name ?? ''
  const measured = runOf(evidence, { instanceType: '', gpu: device }, String(run.parameters.recipe), atMs)
  made.evidence = evidence
  const { verdict, throughput, duration_seconds, measurement } = measured
  Object.assign(run, {
    status: 'succeeded',
    has_evidence: true,
    verdict,
    throughput,
    duration_seconds,
    measurement: measurement && { ...measurement, instance_type: null },
    ended_at: new Date(atMs).toISOString(),
  } satisfies Partial<Run>)
  world.announce('runs')
}

function setStep(step: RunStep, status: RunStep['status'], atMs: number): void {
  const at = new Date(atMs).toISOString()
  step.status = status
  step.started_at ??= at
  if (status !== 'running') step.finished_at = at
}

function trialsOf(run: Run): number {
  return Number(run.parameters.trials)
}

function trialMs(run: Run): number {
  return TRIALS_MS / Math.min(trialsOf(run), QUICK_TRIALS)
}
