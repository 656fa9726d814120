/** One job from its lease to its result on disk: starts or resumes its execution, watches it, and concludes it. */

import type { ControlPlaneClient } from '../contract/client.ts'
import type { GpuSample, LeasedJob } from '../contract/schemas/job.ts'
import type { Clock } from '../core/clock.ts'
import { AGENT_LIMITS } from '../core/limits/agent.ts'
import { INTERVALS } from '../core/limits/intervals.ts'
import type { Logger } from '../core/logger.ts'
import { redact } from '../core/redact.ts'
import { VERSION } from '../core/version.ts'
import { isRadixError, RadixError } from '../errors/radix-error.ts'
import { asRadixError } from '../errors/render.ts'
import { type EventReporter, startEventReporter } from './event-reporter.ts'
import type { Execution, ExecutionEnd, ExecutionFiles, Executor } from './executors/executor.ts'
import { startGpuSampler } from './gpu/sampler.ts'
import { openXidLog } from './gpu/xid-log.ts'
import type { JobDirectory, JobRecord } from './job-directory.ts'
import { findJobKind } from './job-kinds/index.ts'
import type { Completion, EndCause, JobKindDefinition, JobKindEnvironment } from './job-kinds/job-kind.ts'
import type { StopReason } from './machine.ts'

export interface JobRunPorts {
  client: ControlPlaneClient
  clock: Clock
  logger: Logger
  executor: Executor
  /** Looked up when the first job comes. */
  findEnvironment: () => Promise<JobKindEnvironment>
  jobEnvironment: Record<string, string>
  /** Where the errors of the driver are read; the kernel's own log where absent. */
  kernelLog: string | undefined
  onCancelRequested: (jobId: string) => void
  onLeaseRefused: (jobId: string) => void
}

export interface JobRun {
  /** Resolves once the completion is on disk, or the disk was full for too long. Never rejects. */
  readonly concluded: Promise<Completion>
  stop(reason: StopReason): void
}

const STOP_GRACE_MS = AGENT_LIMITS.stopGrace.value
const COMPLETION_RETRY_MS = INTERVALS.completionWrite.value

export function startJob(job: LeasedJob, directory: JobDirectory, ports: JobRunPorts): JobRun {
  return runJob(directory, ports, async () => {
    const record = newRecord(job, ports.clock)
    await directory.writeRecord(record)
    const jobKind = requireJobKind(job.job_kind)
    const environment = await ports.findEnvironment()
    const argv = jobKind.buildArgv(job.params, directory, environment)
    const execution = await ports.executor.start({
      ...filesOf(record, directory),
      argv,
      env: ports.jobEnvironment,
      directory: directory.workPath,
    })
    record.execution = execution.record
    await directory.writeRecord(record)
    return { record, jobKind, execution }
  })
}

/** Resumes a job that an earlier process of this agent started. An ended job is concluded from its files. */
export function attachJob(record: JobRecord, directory: JobDirectory, ports: JobRunPorts): JobRun {
  return runJob(directory, ports, async () => {
    const jobKind = requireJobKind(record.jobKind)
    const execution = await ports.executor.attach(record.execution, filesOf(record, directory))
    return { record, jobKind, execution: execution ?? vanishedExecution() }
  })
}

interface Started {
  record: JobRecord
  jobKind: JobKindDefinition
  execution: Omit<Execution, 'record'>
}

function runJob(directory: JobDirectory, ports: JobRunPorts, start: () => Promise<Started>): JobRun {
  let execution: Started['execution'] | undefined
  let cause: EndCause = 'by-itself'
  const stop = (why: EndCause) => {
    if (cause === 'by-itself') cause = why
    execution?.stop(STOP_GRACE_MS)
  }
  const concluded = (async () => {
    const completion = await conclude().catch(toCompletion)
    return writeCompletion(directory, completion, ports, () => cause === 'agent-stops')
  })()

  async function conclude(): Promise<Completion> {
    const started = await start()
    execution = started.execution
    // It was stopped while it was being started.
    if (cause !== 'by-itself') execution.stop(STOP_GRACE_MS)
    const { record, jobKind } = started
    const end = await watch(started, directory, ports, () => stop('timed-out'))
    const isVanished = end.exitCode === null && end.signal === null && end.failure === undefined
    const text = await directory.readResult()
    if (cause === 'by-itself' && isVanished && text === undefined) cause = 'vanished'
    return addSoftware(describeEnd(cause, record, jobKind.concludes(end, text)), execution.software)
  }

  return { concluded, stop: (reason) => stop(reason === 'agent-stops' ? 'agent-stops' : 'cancelled') }
}

/** Reports while the execution runs. Returns how it ended. */
async function watch(
  { record, jobKind, execution }: Started,
  directory: JobDirectory,
  ports: JobRunPorts,
  onTimeout: () => void,
): Promise<ExecutionEnd> {
  const reporter = startEventReporter({
    client: ports.client,
    clock: ports.clock,
    directory,
    record,
    jobKind,
    onCancelRequested: () => ports.onCancelRequested(record.jobId),
    onLeaseRefused: () => ports.onLeaseRefused(record.jobId),
  })
  const onSample = (data: GpuSample) => reporter.add({ kind: 'gpu_sample', data })
  const sampler = startGpuSampler(onSample, noteTo(reporter), { xidLog: openXidLog(ports.kernelLog) })
  const timeout = setTimeout(onTimeout, Math.max(0, Date.parse(record.timeoutAt) - ports.clock.now().getTime()))
  const end = await execution.ended
  clearTimeout(timeout)
  sampler.stop()
  if (end.note) noteTo(reporter)(end.note)
  await reporter.finish(AGENT_LIMITS.lastEvents.value)
  return end
}

function noteTo(reporter: EventReporter): (note: string) => void {
  return (line) => reporter.add({ kind: 'log', data: { stream: 'agent', line } })
}

/** A result that was written before the stop took effect is kept: the work was done. */
function describeEnd(cause: EndCause, record: JobRecord, completion: Completion): Completion {
  if (completion.status === 'succeeded') return completion
  switch (cause) {
    case 'by-itself':
      return completion
    case 'cancelled':
      return {
        ...completion,
        status: 'cancelled',
        error_code: 'WORKLOAD_CANCELLED',
        error_message: 'Cancelled on request.',
      }
    case 'agent-stops':
      return {
        ...completion,
        status: 'cancelled',
        error_code: 'WORKLOAD_CANCELLED',
        error_message: 'The agent was stopped while the job ran.',
      }
    case 'timed-out': {
      const message = `The job reached its time limit at ${record.timeoutAt}.`
      return { ...completion, status: 'failed', error_code: 'WORKLOAD_TIMED_OUT', error_message: message }
    }
    case 'vanished': {
      const message = 'The agent was restarted, and the process of the job had ended without a result.'
      return { ...completion, status: 'lost', error_code: 'JOB_LOST', error_message: message }
    }
  }
}

/** The job's environment is recorded beside the workload's own report. */
function addSoftware(completion: Completion, software: Execution['software']): Completion {
  if (Object.keys(software).length === 0) return completion
  const payload = completion.output_payload ?? {}
  const own = typeof payload.software === 'object' ? payload.software : {}
  return { ...completion, output_payload: { ...payload, software: { ...own, ...software } } }
}

/**
 * A full disk is waited for, after the job's own files were removed. A result that cannot be written for another reason
 * (it cannot be serialised) becomes a failure with that reason.
 */
async function writeCompletion(
  directory: JobDirectory,
  completion: Completion,
  { clock, logger }: JobRunPorts,
  isStopping: () => boolean,
): Promise<Completion> {
  const startedMs = clock.monotonicMs()
  for (let isReplaced = false; ; ) {
    try {
      await directory.writeCompletion(completion)
      return completion
    } catch (error) {
      if (!isRadixError(error, 'DISK_FULL') && !isRadixError(error, 'FILE_NOT_WRITABLE')) {
        logger.error({ err: error }, 'the result of a job cannot be serialised')
        // That failure is plain text. If even that cannot be written, the report is made from memory.
        if (isReplaced) return completion
        isReplaced = true
        completion = unusableResult(error)
        continue
      }
      // Exception: an agent that must exit. Its next start concludes the job from the files on disk.
      if (isStopping() || clock.monotonicMs() - startedMs >= AGENT_LIMITS.completionWrite.value) return completion
      logger.error({ err: error }, 'the result of a job cannot be written yet; trying again')
      if (isRadixError(error, 'DISK_FULL')) await directory.makeRoom()
      await clock.sleep(COMPLETION_RETRY_MS)
    }
  }
}

/** Only plain text, which can always be serialised. */
function unusableResult(error: unknown): Completion {
  const message = `The result of the workload cannot be stored: ${redact(String(error)).slice(0, 200)}`
  return { status: 'failed', error_code: 'JOB_RESULT_INVALID', error_message: message }
}

function toCompletion(error: unknown): Completion {
  const { code, why } = asRadixError(error)
  return { status: 'failed', error_code: code, error_message: redact(why).slice(0, AGENT_LIMITS.errorMessage.value) }
}

function requireJobKind(name: string): JobKindDefinition {
  const jobKind = findJobKind(name)
  if (!jobKind) throw new RadixError('JOB_KIND_UNKNOWN', { job_kind: name, agent_version: VERSION })
  return jobKind
}

function newRecord(job: LeasedJob, clock: Clock): JobRecord {
  return {
    jobId: job.job_id,
    clusterId: job.cluster_id,
    jobKind: job.job_kind,
    leaseToken: job.lease.token,
    timeoutAt: new Date(clock.now().getTime() + job.timeout_seconds * 1000).toISOString(),
    execution: null,
    reported: { progress: 0, stdout: 0, stderr: 0 },
    lastSequence: 0,
  }
}

function filesOf({ jobId }: JobRecord, { stdoutPath, stderrPath }: JobDirectory): ExecutionFiles {
  return { jobId, stdoutPath, stderrPath }
}

function vanishedExecution(): Started['execution'] {
  return {
    software: {},
    ended: Promise.resolve({ exitCode: null, signal: null }),
    stop() {},
  }
}
