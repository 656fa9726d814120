/** Carries out the decisions of `machine.ts`: requests, timers, processes. Every event is fed back as an input. */
import type { ControlPlaneClient } from '../contract/client.ts'
import type { Capabilities } from '../contract/schemas/cluster.ts'
import type { LeasedJob } from '../contract/schemas/job.ts'
import type { Clock } from '../core/clock.ts'
import { AGENT_LIMITS } from '../core/limits/agent.ts'
import type { Logger } from '../core/logger.ts'
import { VERSION } from '../core/version.ts'
import { isRadixError } from '../errors/radix-error.ts'
import { asRadixError } from '../errors/render.ts'
import { listJobIds, openJobDirectory } from './job-directory.ts'
import type { Completion } from './job-kinds/job-kind.ts'
import { attachJob, type JobRun, type JobRunPorts, startJob } from './job-run.ts'
import {
  type AgentEffect,
  type AgentExit,
  type AgentInput,
  type AgentSettings,
  type AgentState,
  initialState,
  step,
  type Timer,
} from './machine.ts'
import { rejectJob } from './reject-job.ts'

export interface DriverOptions {
  client: ControlPlaneClient
  clusterId: string
  stateDir: string
  clock: Clock
  logger: Logger
  capabilities: Capabilities
  settings: AgentSettings
  maxJobs: number
  pollWaitSeconds: number
  jobRunPorts: Omit<JobRunPorts, 'onCancelRequested' | 'onLeaseRefused'>
}

const RECOVERED_LEASE_MS = AGENT_LIMITS.recoveredLease.value

/** Runs the agent until it exits. `stop` may be aborted with an `AgentExit` as the reason. */
export async function driveAgent(options: DriverOptions, stop: AbortSignal): Promise<AgentExit> {
  const driver = new Driver(options)
  stop.addEventListener('abort', () => driver.dispatch({ type: 'stop', exit: stop.reason }), { once: true })
  await driver.recover()
  if (stop.aborted) driver.dispatch({ type: 'stop', exit: stop.reason })
  return driver.exited
}

class Driver {
  readonly exited: Promise<AgentExit>
  readonly #options: DriverOptions
  readonly #runs = new Map<string, JobRun>()
  /** Results of ended jobs, kept in memory: a full disk must not keep a result from being reported. */
  readonly #completions = new Map<string, Completion>()
  readonly #timers = new Map<string, AbortController>()
  /** Ends requests and timers when the agent exits. */
  readonly #closing = new AbortController()
  #state: AgentState
  #exit: (exit: AgentExit) => void = () => {}

  constructor(options: DriverOptions) {
    this.#options = options
    this.#state = initialState(options.maxJobs)
    this.exited = new Promise((resolve) => {
      this.#exit = resolve
    })
  }

  dispatch(input: AgentInput): void {
    const { clock, settings, logger } = this.#options
    const { state, effects } = step(this.#state, input, clock.monotonicMs(), settings)
    logger.debug({ input: input.type, effects: effects.map(({ type }) => type) }, 'step')
    this.#state = state
    for (const effect of effects) this.#perform(effect)
  }

  /** Jobs that an earlier process of this agent left on disk. */
  async recover(): Promise<void> {
    const { stateDir, clusterId } = this.#options
    const jobs: Extract<AgentInput, { type: 'started' }>['jobs'] = []
    for (const jobId of await listJobIds(stateDir)) {
      const directory = await openJobDirectory(stateDir, jobId)
      const record = await directory.readRecord()
      if (!record || record.clusterId !== clusterId) {
        await directory.moveToRejected().catch(this.#complain)
        continue
      }
      const ended = (await directory.readCompletion()) !== undefined
      jobs.push({ jobId, leaseToken: record.leaseToken, leaseDurationMs: RECOVERED_LEASE_MS, ended })
    }
    this.dispatch({ type: 'started', jobs })
  }

  /** Requests and processes run in the background; their outcomes are dispatched. */
  #perform(effect: AgentEffect): void {
    switch (effect.type) {
      case 'heartbeat':
        void this.#heartbeat()
        break
      case 'poll':
        void this.#poll(effect.maxJobs)
        break
      case 'start-job':
        void this.#startJob(effect.job)
        break
      case 'attach-job':
        this.#attachJob(effect.jobId).catch(this.#complain)
        break
      case 'renew-lease':
        void this.#renewLease(effect.jobId)
        break
      case 'stop-job':
        this.#runs.get(effect.jobId)?.stop(effect.reason)
        break
      case 'report-job':
        this.#reportJob(effect.jobId).catch((error) => {
          this.#complain(error)
          this.dispatch({ type: 'report-failed', jobId: effect.jobId })
        })
        break
      case 'discard-job':
        this.#discardJob(effect.jobId).catch(this.#complain)
        break
      case 'set-timer':
        void this.#setTimer(effect.timer, effect.delayMs)
        break
      case 'exit':
        this.#closing.abort(new Error('the agent exits'))
        this.#exit(effect.exit)
    }
  }

  /** A full or missing disk must not end the agent: failed operations are retried. */
  readonly #complain = (error: unknown) => this.#options.logger.error({ err: error }, 'a job’s files could not be used')

  async #heartbeat(): Promise<void> {
    const { client, clusterId, capabilities, settings, logger } = this.#options
    const body = {
      status: 'active',
      capabilities,
      agent_version: VERSION,
      heartbeat_interval_seconds: Math.max(1, settings.heartbeatIntervalMs / 1000),
    }
    try {
      await client.call('heartbeat', { params: { cluster_id: clusterId }, body }, this.#request())
      this.dispatch({ type: 'heartbeat-answered' })
    } catch (error) {
      if (this.#closing.signal.aborted) return
      logger.warn({ reason: describe(error) }, 'a heartbeat was not answered')
      this.dispatch({ type: 'heartbeat-failed', refused: isRefusal(error) })
    }
  }

  async #poll(maxJobs: number): Promise<void> {
    const { client, clusterId, pollWaitSeconds, logger } = this.#options
    const body = { max_jobs: maxJobs, wait_seconds: pollWaitSeconds }
    const timeoutMs = pollWaitSeconds * 1000 + AGENT_LIMITS.pollMargin.value
    try {
      const { jobs } = await client.call(
        'pollJobs',
        { params: { cluster_id: clusterId }, body },
        this.#request(timeoutMs),
      )
      this.dispatch({ type: 'poll-answered', jobs })
    } catch (error) {
      if (this.#closing.signal.aborted) return
      logger.warn({ reason: describe(error) }, 'a poll was not answered')
      this.dispatch({ type: 'poll-failed', refused: isRefusal(error) })
    }
  }

  async #startJob(job: LeasedJob): Promise<void> {
    this.#options.logger.info({ job_id: job.job_id, job_kind: job.job_kind }, 'starting a job')
    try {
      const directory = await openJobDirectory(this.#options.stateDir, job.job_id)
      this.#follow(job.job_id, startJob(job, directory, this.#jobRunPorts()))
    } catch (error) {
      await this.#refuseJob(job, error)
    }
  }

  /** There is no folder to run the job in or to spool a result in, so the control plane is told at once. */
  async #refuseJob({ job_id, lease }: LeasedJob, error: unknown): Promise<void> {
    const { client, clusterId, logger } = this.#options
    logger.error({ err: error, job_id }, 'a job could not be started')
    const { code, why } = asRadixError(error)
    const body = {
      status: 'failed' as const,
      error_code: code,
      error_message: why.slice(0, AGENT_LIMITS.errorMessage.value),
      lease_token: lease.token,
    }
    const request = { params: { cluster_id: clusterId, job_id }, body }
    await client.call('completeJob', request, this.#request()).catch((cause: unknown) => {
      logger.warn(
        { job_id, reason: describe(cause) },
        'the failure of a job could not be reported; its lease will expire',
      )
    })
    this.dispatch({ type: 'job-reported', jobId: job_id })
  }

  async #attachJob(jobId: string): Promise<void> {
    this.#options.logger.info({ job_id: jobId }, 'resuming a job that was already running')
    const directory = await openJobDirectory(this.#options.stateDir, jobId)
    const record = await directory.readRecord()
    if (record) this.#follow(jobId, attachJob(record, directory, this.#jobRunPorts()))
  }

  #follow(jobId: string, run: JobRun): void {
    this.#runs.set(jobId, run)
    // Decisions that the machine made while the run was being created.
    const phase = this.#state.jobs[jobId]?.phase
    if (phase !== 'executing') run.stop(phase === undefined ? 'lease-lost' : 'cancelled')
    const conclude = async (completion: Completion) => {
      this.#completions.set(jobId, completion)
      this.#runs.delete(jobId)
      if (this.#state.jobs[jobId]) return this.dispatch({ type: 'job-ended', jobId })
      await this.#discardJob(jobId)
    }
    run.concluded.then(conclude).catch(this.#complain)
  }

  async #renewLease(jobId: string): Promise<void> {
    const { client, clusterId, clock } = this.#options
    const job = this.#state.jobs[jobId]
    if (!job) return
    try {
      const request = { params: { cluster_id: clusterId, job_id: jobId }, body: { lease_token: job.leaseToken } }
      const { lease, cancel_requested } = await client.call('renewLease', request, {
        ...this.#request(AGENT_LIMITS.leaseRenewal.value),
        retries: 0,
      })
      // The two clocks may differ: a lease is never assumed to be shorter than a few seconds.
      const leaseDurationMs = Math.max(RECOVERED_LEASE_MS, Date.parse(lease.expires_at) - clock.now().getTime())
      this.dispatch({ type: 'lease-renewed', jobId, leaseDurationMs, cancelRequested: cancel_requested })
    } catch (error) {
      if (this.#closing.signal.aborted) return
      const refused = isRadixError(error, 'LEASE_STALE') || isRadixError(error, 'NOT_FOUND')
      this.dispatch({ type: refused ? 'lease-refused' : 'lease-unanswered', jobId })
    }
  }

  async #reportJob(jobId: string): Promise<void> {
    const { client, clusterId, stateDir, logger } = this.#options
    const job = this.#state.jobs[jobId]
    const directory = await openJobDirectory(stateDir, jobId)
    const completion = (await directory.readCompletion()) ?? this.#completions.get(jobId)
    if (!job) return
    // It was written but cannot be read now. It is retried, like an answer that did not arrive.
    if (!completion) return this.dispatch({ type: 'report-failed', jobId })
    try {
      const body = { ...completion, lease_token: job.leaseToken }
      await client.call('completeJob', { params: { cluster_id: clusterId, job_id: jobId }, body }, this.#request())
      logger.info({ job_id: jobId, status: completion.status }, 'a job was reported')
      await directory.remove().catch(this.#complain)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      if (!isFinalRefusal(error)) {
        logger.warn({ job_id: jobId, reason: describe(error) }, 'a result could not be reported yet')
        return this.dispatch({ type: 'report-failed', jobId })
      }
      const why = { message: 'the control plane permanently refused a result', job_id: jobId, reason: describe(error) }
      await rejectJob(directory, this.#completions.get(jobId), logger, why)
      this.#completions.delete(jobId)
    }
    this.#completions.delete(jobId)
    this.dispatch({ type: 'job-reported', jobId })
  }

  async #discardJob(jobId: string): Promise<void> {
    // A run that is still ending needs its folder, so the folder is removed afterwards.
    if (this.#runs.has(jobId)) return
    const { stateDir, logger } = this.#options
    const directory = await openJobDirectory(stateDir, jobId)
    const why = { message: 'the lease of a job was lost, so its result is not reported', job_id: jobId }
    await rejectJob(directory, this.#completions.get(jobId), logger, why)
    this.#completions.delete(jobId)
  }

  async #setTimer(timer: Timer, delayMs: number): Promise<void> {
    const key = 'jobId' in timer ? `${timer.name} ${timer.jobId}` : timer.name
    this.#timers.get(key)?.abort()
    const abort = new AbortController()
    this.#timers.set(key, abort)
    try {
      await this.#options.clock.sleep(delayMs, AbortSignal.any([abort.signal, this.#closing.signal]))
    } catch {
      return
    }
    this.dispatch({ type: 'timer', timer })
  }

  #jobRunPorts(): JobRunPorts {
    return {
      ...this.#options.jobRunPorts,
      onCancelRequested: (jobId) =>
        this.dispatch({
          type: 'lease-renewed',
          jobId,
          leaseDurationMs: this.#state.jobs[jobId]?.leaseDurationMs ?? RECOVERED_LEASE_MS,
          cancelRequested: true,
        }),
      onLeaseRefused: (jobId) => this.dispatch({ type: 'lease-refused', jobId }),
    }
  }

  #request(timeoutMs?: number) {
    return { signal: this.#closing.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
  }
}

/** The token itself was refused: no later try will succeed. */
function isRefusal(error: unknown): boolean {
  return isRadixError(error, 'AUTH_CLUSTER_TOKEN_INVALID') || isRadixError(error, 'AUTH_MISSING')
}

function isFinalRefusal(error: unknown): boolean {
  if (!isRadixError(error)) return false
  const status = Number(error.details.http_status)
  return status >= 400 && status < 500 && status !== 429 && status !== 408
}

function describe(error: unknown): string {
  return isRadixError(error) ? `${error.code}: ${error.why}` : String(error)
}
