/**
 * The agent's decisions: a pure function from a state and an event to the next state and the actions to take.
 * `driver.ts` carries them out. Time is an input; nothing here waits, reads or sends.
 */

import type { LeasedJob } from '../contract/schemas/job.ts'
import { INTERVALS } from '../core/limits/intervals.ts'

export interface AgentState {
  phase: 'working' | 'stopping' | 'stopped'
  maxJobs: number
  pollOutstanding: boolean
  pollFailures: number
  heartbeatFailures: number
  jobs: Readonly<Record<string, JobState>>
  /** When the control plane last answered anything; null before the first answer. */
  lastContactMs: number | null
  exit: AgentExit | null
}

export interface JobState {
  /** `reporting`: it has ended and its result is on disk, to be acknowledged. */
  phase: 'executing' | 'stopping' | 'reporting'
  leaseToken: string
  leaseDurationMs: number
  reportFailures: number
}

export interface AgentExit {
  reason: 'signal' | 'deadline' | 'refused' | 'unreachable'
  message: string
}

export interface AgentSettings {
  heartbeatIntervalMs: number
  /** The agent exits after this long without the control plane. */
  unreachableExitMs: number | null
}

export type StopReason = 'cancelled' | 'lease-lost' | 'agent-stops'

export type AgentInput =
  | { type: 'started'; jobs: { jobId: string; leaseToken: string; leaseDurationMs: number; ended: boolean }[] }
  | { type: 'poll-answered'; jobs: LeasedJob[] }
  | { type: 'poll-failed'; refused: boolean }
  | { type: 'heartbeat-answered' }
  | { type: 'heartbeat-failed'; refused: boolean }
  | { type: 'timer'; timer: Timer }
  | { type: 'lease-renewed'; jobId: string; leaseDurationMs: number; cancelRequested: boolean }
  | { type: 'lease-refused'; jobId: string }
  | { type: 'lease-unanswered'; jobId: string }
  | { type: 'job-ended'; jobId: string }
  | { type: 'job-reported'; jobId: string }
  | { type: 'report-failed'; jobId: string }
  | { type: 'stop'; exit: AgentExit }

export type Timer =
  | { name: 'poll' }
  | { name: 'heartbeat' }
  | { name: 'lease'; jobId: string }
  | { name: 'report'; jobId: string }

export type AgentEffect =
  | { type: 'heartbeat' }
  | { type: 'poll'; maxJobs: number }
  | { type: 'start-job'; job: LeasedJob }
  | { type: 'attach-job'; jobId: string }
  | { type: 'renew-lease'; jobId: string }
  /** The job ends by itself afterwards with `job-ended`. */
  | { type: 'stop-job'; jobId: string; reason: StopReason }
  /** Sends the result that is on disk. */
  | { type: 'report-job'; jobId: string }
  /** The control plane no longer expects the result. */
  | { type: 'discard-job'; jobId: string }
  | { type: 'set-timer'; timer: Timer; delayMs: number }
  | { type: 'exit'; exit: AgentExit }

export interface Step {
  state: AgentState
  effects: AgentEffect[]
}

const POLL_RETRY = { initialMs: 100, maximumMs: 10_000 }
const REPORT_RETRY = { initialMs: 200, maximumMs: 15_000 }
const LEASE_RETRY_MS = INTERVALS.leaseRenewal.value
/** A lease is renewed when a third of it has passed. */
const RENEWALS_PER_LEASE = 3

export function initialState(maxJobs: number): AgentState {
  return {
    phase: 'working',
    maxJobs,
    pollOutstanding: false,
    pollFailures: 0,
    heartbeatFailures: 0,
    jobs: {},
    lastContactMs: null,
    exit: null,
  }
}

export function step(state: AgentState, input: AgentInput, nowMs: number, settings: AgentSettings): Step {
  if (state.phase === 'stopped') return { state, effects: [] }
  const contacted = isAnswer(input) ? { ...state, lastContactMs: nowMs } : state
  return finish(decide(contacted, input, nowMs, settings))
}

function decide(state: AgentState, input: AgentInput, nowMs: number, settings: AgentSettings): Step {
  switch (input.type) {
    case 'started':
      return start({ ...state, lastContactMs: nowMs }, input.jobs)
    case 'poll-answered':
      return takeJobs({ ...state, pollOutstanding: false, pollFailures: 0 }, input.jobs)
    case 'poll-failed':
      return input.refused ? refuse(state) : retryPoll({ ...state, pollOutstanding: false })
    case 'heartbeat-answered':
      return { state: { ...state, heartbeatFailures: 0 }, effects: [heartbeatTimer(settings.heartbeatIntervalMs)] }
    case 'heartbeat-failed':
      return input.refused ? refuse(state) : missHeartbeat(state, nowMs, settings)
    case 'timer':
      return onTimer(state, input.timer)
    case 'lease-renewed':
      return renewLease(state, input)
    case 'lease-refused':
      return stopJob(state, input.jobId, 'lease-lost')
    case 'lease-unanswered':
      // The job continues: the control plane decides about its result when it is back.
      return state.jobs[input.jobId]
        ? { state, effects: [leaseTimer(input.jobId, LEASE_RETRY_MS)] }
        : { state, effects: [] }
    case 'job-ended':
      return endJob(state, input.jobId)
    case 'job-reported':
      return poll(withoutJob(state, input.jobId))
    case 'report-failed':
      return retryReport(state, input.jobId)
    case 'stop':
      return stopAll(state, input.exit)
  }
}

/** Jobs left by an earlier process of this agent are resumed before new ones are requested. */
function start(state: AgentState, found: Extract<AgentInput, { type: 'started' }>['jobs']): Step {
  const jobs = Object.fromEntries(
    found.map(({ jobId, leaseToken, leaseDurationMs, ended }): [string, JobState] => [
      jobId,
      { phase: ended ? 'reporting' : 'executing', leaseToken, leaseDurationMs, reportFailures: 0 },
    ]),
  )
  const effects = found.flatMap(({ jobId, ended }): AgentEffect[] =>
    ended
      ? [{ type: 'report-job', jobId }]
      : [
          { type: 'attach-job', jobId },
          { type: 'renew-lease', jobId },
        ],
  )
  const polled = poll({ ...state, jobs })
  return { state: polled.state, effects: [{ type: 'heartbeat' }, ...effects, ...polled.effects] }
}

function takeJobs(state: AgentState, leased: LeasedJob[]): Step {
  // A job that arrives while the agent is stopping is left to its lease: it was not started, and goes to another agent.
  if (state.phase !== 'working') return { state, effects: [] }
  // Jobs beyond the capacity are left to their leases too.
  const room = Math.max(0, state.maxJobs - Object.keys(state.jobs).length)
  const fresh = leased.filter((job) => !state.jobs[job.job_id]).slice(0, room)
  const jobs = { ...state.jobs }
  const effects: AgentEffect[] = []
  for (const job of fresh) {
    const leaseDurationMs = LEASE_RETRY_MS * RENEWALS_PER_LEASE
    jobs[job.job_id] = { phase: 'executing', leaseToken: job.lease.token, leaseDurationMs, reportFailures: 0 }
    effects.push({ type: 'start-job', job }, leaseTimer(job.job_id, LEASE_RETRY_MS))
  }
  const polled = poll({ ...state, jobs })
  return { state: polled.state, effects: [...effects, ...polled.effects] }
}

/** Requests work when there is capacity and no request is open. */
function poll(state: AgentState): Step {
  const room = state.maxJobs - Object.keys(state.jobs).length
  if (state.phase !== 'working' || state.pollOutstanding || room <= 0) return { state, effects: [] }
  return { state: { ...state, pollOutstanding: true }, effects: [{ type: 'poll', maxJobs: room }] }
}

function retryPoll(state: AgentState): Step {
  const delayMs = growing(POLL_RETRY, state.pollFailures)
  const timer: AgentEffect = { type: 'set-timer', timer: { name: 'poll' }, delayMs }
  return { state: { ...state, pollFailures: state.pollFailures + 1 }, effects: [timer] }
}

function missHeartbeat(state: AgentState, nowMs: number, settings: AgentSettings): Step {
  const silentMs = nowMs - (state.lastContactMs ?? nowMs)
  if (settings.unreachableExitMs !== null && silentMs >= settings.unreachableExitMs) {
    const message = `The control plane was unreachable for ${Math.round(silentMs / 1000)} s.`
    return stopAll(state, { reason: 'unreachable', message })
  }
  const delayMs = Math.min(growing(POLL_RETRY, state.heartbeatFailures), settings.heartbeatIntervalMs)
  return { state: { ...state, heartbeatFailures: state.heartbeatFailures + 1 }, effects: [heartbeatTimer(delayMs)] }
}

function onTimer(state: AgentState, timer: Timer): Step {
  switch (timer.name) {
    case 'poll':
      return poll(state)
    case 'heartbeat':
      return { state, effects: state.phase === 'working' ? [{ type: 'heartbeat' }] : [] }
    case 'lease':
      return { state, effects: isUnderLease(state, timer.jobId) ? [{ type: 'renew-lease', jobId: timer.jobId }] : [] }
    case 'report':
      return { state, effects: state.jobs[timer.jobId] ? [{ type: 'report-job', jobId: timer.jobId }] : [] }
  }
}

function renewLease(state: AgentState, input: Extract<AgentInput, { type: 'lease-renewed' }>): Step {
  const job = state.jobs[input.jobId]
  if (!job || job.phase === 'reporting') return { state, effects: [] }
  const renewed = withJob(state, input.jobId, { ...job, leaseDurationMs: input.leaseDurationMs })
  const again = leaseTimer(input.jobId, input.leaseDurationMs / RENEWALS_PER_LEASE)
  if (!input.cancelRequested) return { state: renewed, effects: [again] }
  const stopped = stopJob(renewed, input.jobId, 'cancelled')
  return { state: stopped.state, effects: [again, ...stopped.effects] }
}

/** A second request does not stop a job again. */
function stopJob(state: AgentState, jobId: string, reason: StopReason): Step {
  const job = state.jobs[jobId]
  if (!job) return { state, effects: [] }
  if (reason === 'lease-lost') {
    const effects: AgentEffect[] = [
      { type: 'stop-job', jobId, reason },
      { type: 'discard-job', jobId },
    ]
    const polled = poll(withoutJob(state, jobId))
    return {
      state: polled.state,
      effects: [...(job.phase === 'reporting' ? effects.slice(1) : effects), ...polled.effects],
    }
  }
  if (job.phase !== 'executing') return { state, effects: [] }
  return {
    state: withJob(state, jobId, { ...job, phase: 'stopping' }),
    effects: [{ type: 'stop-job', jobId, reason }],
  }
}

function endJob(state: AgentState, jobId: string): Step {
  const job = state.jobs[jobId]
  if (!job) return { state, effects: [] } // its lease was lost before
  return { state: withJob(state, jobId, { ...job, phase: 'reporting' }), effects: [{ type: 'report-job', jobId }] }
}

/** While stopping, there is only one more try: the result stays on disk for the next start. */
function retryReport(state: AgentState, jobId: string): Step {
  const job = state.jobs[jobId]
  if (!job) return { state, effects: [] }
  if (state.phase === 'stopping') return { state: withoutJob(state, jobId), effects: [] }
  const delayMs = growing(REPORT_RETRY, job.reportFailures)
  return {
    state: withJob(state, jobId, { ...job, reportFailures: job.reportFailures + 1 }),
    effects: [{ type: 'set-timer', timer: { name: 'report', jobId }, delayMs }],
  }
}

function refuse(state: AgentState): Step {
  const message = 'The control plane refused the cluster token: the cluster was archived, or the token was revoked.'
  return stopAll(state, { reason: 'refused', message })
}

function stopAll(state: AgentState, exit: AgentExit): Step {
  if (state.phase !== 'working') return { state, effects: [] }
  let next: AgentState = { ...state, phase: 'stopping', exit }
  const effects: AgentEffect[] = []
  for (const jobId of Object.keys(state.jobs)) {
    const stopped = stopJob(next, jobId, 'agent-stops')
    next = stopped.state
    effects.push(...stopped.effects)
  }
  return { state: next, effects }
}

/** A stopping agent with nothing left to do exits, once. */
function finish({ state, effects }: Step): Step {
  if (state.phase !== 'stopping' || !state.exit || Object.keys(state.jobs).length > 0) return { state, effects }
  return { state: { ...state, phase: 'stopped' }, effects: [...effects, { type: 'exit', exit: state.exit }] }
}

function isAnswer(input: AgentInput): boolean {
  return ['poll-answered', 'heartbeat-answered', 'lease-renewed', 'job-reported', 'lease-refused'].includes(input.type)
}

function isUnderLease(state: AgentState, jobId: string): boolean {
  const job = state.jobs[jobId]
  return job !== undefined && job.phase !== 'reporting'
}

function withJob(state: AgentState, jobId: string, job: JobState): AgentState {
  return { ...state, jobs: { ...state.jobs, [jobId]: job } }
}

function withoutJob(state: AgentState, jobId: string): AgentState {
  const { [jobId]: _, ...jobs } = state.jobs
  return { ...state, jobs }
}

/** No jitter: one agent's retries cause no load, and the machine stays a pure function of its inputs. */
function growing({ initialMs, maximumMs }: { initialMs: number; maximumMs: number }, failures: number): number {
  return Math.min(maximumMs, initialMs * 2 ** failures)
}

function heartbeatTimer(delayMs: number): AgentEffect {
  return { type: 'set-timer', timer: { name: 'heartbeat' }, delayMs }
}

function leaseTimer(jobId: string, delayMs: number): AgentEffect {
  return { type: 'set-timer', timer: { name: 'lease', jobId }, delayMs }
}
