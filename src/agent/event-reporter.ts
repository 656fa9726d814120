/**
 * Sends a job's progress, log lines and GPU samples in numbered batches until they are acknowledged. While the control
 * plane is unreachable, events are kept up to a limit; then the oldest are dropped and counted. The result of the job
 * is sent separately and never dropped.
 */
import { lstat, truncate } from 'node:fs/promises'
import type { ControlPlaneClient } from '../contract/client.ts'
import type { JobEvent } from '../contract/schemas/job.ts'
import type { Clock } from '../core/clock.ts'
import { AGENT_LIMITS } from '../core/limits/agent.ts'
import { INTERVALS } from '../core/limits/intervals.ts'
import { redact } from '../core/redact.ts'
import { isRadixError } from '../errors/radix-error.ts'
import { readLines } from './file-tail.ts'
import type { JobDirectory, JobRecord } from './job-directory.ts'
import type { JobKindDefinition } from './job-kinds/job-kind.ts'

/** Numbered and timed on arrival. */
type EventContent = { [K in JobEvent['kind']]: Pick<Extract<JobEvent, { kind: K }>, 'kind' | 'data'> }[JobEvent['kind']]

type ReportedFile = keyof JobRecord['reported']

interface PendingEvent {
  event: JobEvent
  /** Which file it came from and up to where, for those that do. */
  source?: { file: ReportedFile; endOffset: number }
}

export interface EventReporter {
  add(content: EventContent): void
  /** Reads the rest of the files and sends everything. Gives up after `timeoutMs`. */
  finish(timeoutMs: number): Promise<void>
}

export interface EventReporterOptions {
  client: ControlPlaneClient
  clock: Clock
  directory: JobDirectory
  record: JobRecord
  jobKind: JobKindDefinition
  onCancelRequested: () => void
  onLeaseRefused: () => void
}

const FLUSH_INTERVAL_MS = INTERVALS.eventBatches.value
const RETRY_INTERVAL_MS = INTERVALS.eventRetry.value

export function startEventReporter(options: EventReporterOptions): EventReporter {
  const { client, clock, directory, record, jobKind } = options
  const files: Record<ReportedFile, string> = {
    progress: directory.progressPath,
    stdout: directory.stdoutPath,
    stderr: directory.stderrPath,
  }
  const readOffsets = { ...record.reported }
  const finished = new AbortController()
  let pending: PendingEvent[] = []
  let droppedCount = 0
  let logCount = 0
  let announced = false
  let refused = false

  function enqueue(content: EventContent, source?: PendingEvent['source']): void {
    record.lastSequence += 1
    const event = { ...content, sequence: record.lastSequence, at: clock.now().toISOString() } as JobEvent
    pending.push(source ? { event, source } : { event })
    if (pending.length <= AGENT_LIMITS.pendingEvents.value) return
    pending.shift()
    droppedCount += 1
  }

  function note(line: string): void {
    enqueue({ kind: 'log', data: { stream: 'agent', line } })
  }

  /** Lines over the limit stay on the machine; false for them. */
  function mayReport(file: ReportedFile): boolean {
    if (file === 'progress') return true
    logCount += 1
    const limit = AGENT_LIMITS.logEvents.value
    if (logCount === limit + 1) note(`The log has more than ${limit} lines; the rest is not reported.`)
    return logCount <= limit
  }

  /** A file over its limit starts again, because the job appends to it. A restarted file is read from its beginning. */
  async function boundFile(file: ReportedFile): Promise<void> {
    const size = await sizeOf(files[file])
    if (size < readOffsets[file]) readOffsets[file] = 0
    if (file === 'progress' || size <= AGENT_LIMITS.logFile.value) return
    await truncate(files[file]).catch(() => {})
    note(
      `${file} was over ${AGENT_LIMITS.logFile.value} bytes; ${size - readOffsets[file]} bytes of it are not reported.`,
    )
    readOffsets[file] = 0
  }

  /** At the end of a job, its result comes first: only the last part of a long log is read. */
  async function skipToLastPart(): Promise<void> {
    for (const [file, path] of Object.entries(files) as [ReportedFile, string][]) {
      const start = (await sizeOf(path)) - AGENT_LIMITS.lastLogBytes.value
      if (start <= readOffsets[file]) continue
      note(`${start - readOffsets[file]} bytes of ${file} are not reported: the job has ended.`)
      readOffsets[file] = start
    }
  }

  /** Reads new content of the files. True if there was any. */
  async function readFiles(final: boolean): Promise<boolean> {
    let found = false
    for (const [file, path] of Object.entries(files) as [ReportedFile, string][]) {
      await boundFile(file)
      for (const { text, endOffset } of await readLines(path, readOffsets[file], final)) {
        const content = mayReport(file) ? toContent(file, text, jobKind) : undefined
        if (content) enqueue(content, { file, endOffset })
        readOffsets[file] = endOffset
        found = true
      }
    }
    return found
  }

  /** Sends batches until everything is acknowledged. False if a batch was not. */
  async function flush(signal: AbortSignal): Promise<boolean> {
    if (droppedCount > 0) {
      const line = `${droppedCount} events were dropped: they came faster than they could be reported`
      droppedCount = 0
      note(line)
    }
    while ((pending.length > 0 || !announced) && !refused) {
      const batch = takeBatch(pending)
      const answer = await send(batch, signal)
      if (!answer) return false
      // After a crash, the control plane may have more than was recorded here: numbers are never reused.
      record.lastSequence = Math.max(record.lastSequence, answer.last_sequence)
      await acknowledge(batch)
      if (answer.cancel_requested) options.onCancelRequested()
    }
    return true
  }

  async function send(batch: PendingEvent[], signal: AbortSignal) {
    try {
      return await client.call(
        'reportJobEvents',
        {
          params: { cluster_id: record.clusterId, job_id: record.jobId },
          body: { lease_token: record.leaseToken, started: !announced, events: batch.map(({ event }) => event) },
        },
        { signal, retries: 0 },
      )
    } catch (error) {
      if (isRadixError(error, 'LEASE_STALE') || isRadixError(error, 'NOT_FOUND')) {
        refused = true
        options.onLeaseRefused()
      }
      return undefined
    }
  }

  async function acknowledge(batch: PendingEvent[]): Promise<void> {
    announced = true
    const lastAcknowledged = batch.at(-1)?.event.sequence ?? 0
    pending = pending.filter(({ event }) => event.sequence > lastAcknowledged)
    for (const { source } of batch) if (source) record.reported[source.file] = source.endOffset
    // If this is not recorded, a crash causes some lines to be sent twice.
    if (batch.length > 0) await directory.writeRecord(record).catch(() => {})
  }

  const running = (async () => {
    while (!finished.signal.aborted && !refused) {
      // The first event says that the job has started, before any output.
      const sent = await flush(finished.signal)
      await clock.sleep(sent ? FLUSH_INTERVAL_MS : RETRY_INTERVAL_MS, finished.signal).catch(() => {})
      if (!finished.signal.aborted) await readFiles(false)
    }
  })()

  return {
    add: (content) => enqueue(content),
    async finish(timeoutMs) {
      finished.abort(new Error('the job has ended'))
      await running
      const signal = AbortSignal.timeout(timeoutMs)
      await skipToLastPart()
      while (!signal.aborted && (await readFiles(true)));
      await flush(signal)
    },
  }
}

/** The size of a regular file, else 0: links are not followed. */
async function sizeOf(path: string): Promise<number> {
  return lstat(path).then(
    (stats) => (stats.isFile() ? stats.size : 0),
    () => 0,
  )
}

/** The first events that fit into one request, at least one. */
function takeBatch(pending: readonly PendingEvent[]): PendingEvent[] {
  let bytes = 0
  const tooMany = pending.findIndex(({ event }, index) => {
    bytes += Buffer.byteLength(JSON.stringify(event)) + 1
    return index === AGENT_LIMITS.eventBatch.value || (index > 0 && bytes > AGENT_LIMITS.eventBatchBytes.value)
  })
  return tooMany === -1 ? [...pending] : pending.slice(0, tooMany)
}

function toContent(file: ReportedFile, text: string, jobKind: JobKindDefinition): EventContent | undefined {
  if (file !== 'progress') return { kind: 'log', data: { stream: file, line: redact(text) } }
  const data = jobKind.parseProgress(text)
  return data && { kind: 'progress', data }
}
