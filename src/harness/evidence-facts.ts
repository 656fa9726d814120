/** Maps a run's state and the collected results to the facts of the evidence. Pure. */
import type { RunStep } from '../contract/schemas/run.ts'
import type { RunStatus } from '../core/transitions.ts'
import { RadixError } from '../errors/radix-error.ts'
import { renderErrorObject } from '../errors/render.ts'
import type { EvidenceFacts, TerminationFacts } from '../evidence/facts.ts'
import { jobKindOf } from '../workloads/index.ts'
import type { CollectedFacts } from './collected-facts.ts'
import { reproduceCommand } from './config.ts'
import { reportedOf, resultOf } from './job-result.ts'
import type { Failure } from './journal/entry.ts'
import type { RunState } from './journal/run-state.ts'
import { reportSteps } from './report.ts'

interface Ending {
  status: RunStatus
  failure: Failure | null
  now: Date
  commit: string | null
}

export function evidenceFactsOf(state: RunState, collected: CollectedFacts, ending: Ending): EvidenceFacts {
  const { config, facts } = state
  return {
    runId: state.runId,
    status: ending.status,
    error: failureOf(state, ending),
    request: {
      provider: config.provider,
      clusterName: config.clusterName,
      trials: config.trials,
      ttlMinutes: config.ttlMinutes,
      apiBase: config.apiBase,
      jobKind: jobKindOf(config.workload),
      params: config.params,
    },
    startedAt: state.startedAt,
    deadlineAt: state.deadlineAt,
    finishedAt: ending.now.toISOString(),
    radix: { version: state.radixVersion, commit: ending.commit },
    cluster: collected.cluster,
    machine: machineOf(state),
    quote: facts.quote ?? null,
    launchAttempts: facts.launchAttempts ?? [],
    trials: collected.trials.map((trial) => ({
      ...trial,
      result: resultOf(trial.job),
      reported: reportedOf(trial.job),
    })),
    phases: reportSteps(state)
      .filter(isKnown)
      .map(({ name, status, started_at, finished_at }) => ({
        name,
        status,
        startedAt: started_at,
        finishedAt: finished_at,
      })),
    termination: terminationOf(state),
    reproduceCommand: reproduceCommand(config),
  }
}

/** Evidence is stored before its own step ends, so the end of that step and later steps are not in it. */
function isKnown({ name, status }: RunStep): boolean {
  const isLater = name === 'write-evidence' || name === 'clean-up'
  return !isLater || (status !== 'running' && status !== 'pending')
}

/** Whether the machine is terminated, according to the journal. Only a confirmation by the provider counts. */
export function terminationOf(state: RunState): TerminationFacts {
  const { facts } = state
  const machineId = facts.machine?.machineId ?? null
  const requestedAt = facts.terminationRequestedAt ?? null
  if (state.steps['launch-machine'].undo === 'failed') {
    const proof = `none: ${state.steps['launch-machine'].undoError}`
    return { state: 'unconfirmed', machineId, requestedAt, confirmedAt: null, proof }
  }
  if (facts.terminationConfirmedAt) {
    const confirmedAt = facts.terminationConfirmedAt
    return { state: 'confirmed', machineId, requestedAt, confirmedAt, proof: facts.terminationProof ?? '' }
  }
  const mayLive = facts.machine ?? facts.launchToken
  if (mayLive && state.steps['launch-machine'].undo !== 'done') {
    return {
      state: 'unconfirmed',
      machineId,
      requestedAt,
      confirmedAt: null,
      proof: 'none: the run is still in progress',
    }
  }
  const proof = facts.launchToken
    ? `provider ${state.config.provider} found no machine tagged with the run`
    : 'no machine was launched'
  return { state: 'not_needed', machineId, requestedAt, confirmedAt: null, proof }
}

/** An unconfirmed termination outweighs its cause. */
export function failureOf(state: RunState, { status, failure }: Pick<Ending, 'status' | 'failure'>): Failure | null {
  if (status !== 'termination_unconfirmed') return failure
  const undoError = state.steps['launch-machine'].undoError ?? 'nothing'
  const unconfirmed = new RadixError('TERMINATION_UNCONFIRMED', {
    provider: state.config.provider,
    time: 'the time it had',
    machine_id: state.facts.machine?.machineId ?? `tagged ${state.runId}`,
    run_id: state.runId,
    last_answer: undoError,
  })
  const first = failure && failure.code !== unconfirmed.code ? ` Before that: ${failure.code}: ${failure.why}` : ''
  const rendered = renderErrorObject(unconfirmed)
  // The undo has reported it with more detail.
  const [, why = rendered.why] = /^TERMINATION_UNCONFIRMED: (.*)$/s.exec(undoError) ?? []
  return { ...rendered, why: `${why}${first}` }
}

function machineOf({ facts, config }: RunState): EvidenceFacts['machine'] {
  if (!facts.machine) return null
  const { machineId, instanceType, region, zone, imageId, hostKey, launchedAt } = facts.machine
  const runningAt = facts.machineRunningAt ?? null
  return { machineId, provider: config.provider, instanceType, region, zone, imageId, hostKey, launchedAt, runningAt }
}
