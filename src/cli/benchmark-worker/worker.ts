/**
 * Claims benchmarks that were started from the dashboard, and runs them in a separate thread. A crash of the thread
 * affects no request: the next thread continues its runs from their journals. A run whose threads keep crashing ends as
 * failed.
 */
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { BenchmarkRequest } from '../../control-plane/runs/benchmark-claims.ts'
import type { RunningServer } from '../../control-plane/server.ts'
import { backoffDelayMs } from '../../core/backoff.ts'
import { systemClock } from '../../core/clock.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { programPath } from '../../system/program-files.ts'
import { endAsFailed } from './carry-out-benchmark.ts'
import { type FromThread, receiveError, sendError, type ThreadData, type ToThread } from './messages.ts'

export interface WorkerOptions {
  /** Other servers may share the database: a server that ends hands its runs over instead of cancelling them. */
  handsOver: boolean
  server: Pick<RunningServer, 'url' | 'benchmarks'>
  dataDir: string
  logger: Logger
  /** The program of the thread; for tests. */
  program?: URL
}

export interface BenchmarkWorker {
  /** Hands over or cancels the runs in progress, and waits until this server has finished with them. */
  close(): Promise<void>
}

export function startBenchmarkWorker(options: WorkerOptions): BenchmarkWorker {
  const stop = new AbortController()
  const thread = new BenchmarkThread(options)
  const finished = claimAll(options, thread, stop.signal)
  return {
    async close() {
      stop.abort('the end of the server')
      thread.stop('the end of the server')
      await finished
      await thread.end()
    },
  }
}

async function claimAll(
  { server, logger }: WorkerOptions,
  thread: BenchmarkThread,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      // The others wait in the database, for this server or another.
      await thread.waitForRoom(signal)
      const request = await server.benchmarks.claim(signal)
      if (request) thread.begin(request)
      attempt = 0
    } catch (error) {
      // The database may be away for a while; the requests wait in it.
      logger.warn({ err: error }, 'could not claim a dashboard benchmark; retrying')
      const delayMs = backoffDelayMs(attempt, { initialMs: 500, maximumMs: 30_000 })
      await systemClock.sleep(delayMs, signal).catch(() => {})
    }
  }
}

interface RunUnderWay {
  request: BenchmarkRequest
  settle: () => void
}

/** Started with the first run; the next run after a crash starts another. */
class BenchmarkThread {
  readonly #options: WorkerOptions
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #crashes = new Map<string, number>()
  #thread: { worker: Worker; runs: Map<string, RunUnderWay> } | undefined
  #stopReason: string | undefined

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  begin(request: BenchmarkRequest): void {
    this.#thread ??= this.#start()
    const { worker, runs } = this.#thread
    const ended = new Promise<void>((resolve) => runs.set(request.runId, { request, settle: resolve }))
    const underWay = ended.finally(() => this.#underWay.delete(request.runId))
    this.#underWay.set(request.runId, underWay)
    post(worker, { type: 'run', request })
  }

  async waitForRoom(signal: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    while (!signal.aborted && this.#underWay.size >= CONTROL_PLANE_LIMITS.benchmarksAtOnce.value) {
      await Promise.race([stopped, ...this.#underWay.values()])
    }
  }

  stop(reason: string): void {
    this.#stopReason = reason
    if (this.#thread) post(this.#thread.worker, { type: 'stop', reason })
  }

  /** Waits for the runs under way. */
  async end(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values())
    const thread = this.#thread
    this.#thread = undefined
    await thread?.worker.terminate()
  }

  #start() {
    const { server, dataDir, handsOver, program } = this.#options
    const workerData: ThreadData = { url: server.url, claimMs: server.benchmarks.claimMs, dataDir, handsOver }
    const worker = new Worker(program ?? programPath('benchmarkThread'), { workerData })
    const thread = { worker, runs: new Map<string, RunUnderWay>() }
    let crash: unknown = new Error('the thread ended by itself')
    worker.on('message', (message: FromThread) => this.#receive(thread, message))
    worker.on('error', (error) => {
      crash = error
    })
    worker.on('exit', () => {
      if (this.#thread === thread) this.#thread = undefined
      for (const run of thread.runs.values()) void this.#recover(run, crash)
    })
    if (this.#stopReason !== undefined) post(worker, { type: 'stop', reason: this.#stopReason })
    return thread
  }

  #receive({ worker, runs }: { worker: Worker; runs: Map<string, RunUnderWay> }, message: FromThread): void {
    switch (message.type) {
      case 'call':
        void this.#answer(message)
          .then((answer) => post(worker, answer))
          // An answer that cannot be sent to a thread must not end the server.
          .catch((error: unknown) => post(worker, { type: 'refusal', id: message.id, error: sendError(error) }))
        return
      case 'log':
        this.#log(message)
        return
      case 'ended':
        this.#crashes.delete(message.runId)
        runs.get(message.runId)?.settle()
        runs.delete(message.runId)
    }
  }

  async #answer({ id, method, args }: FromThread & { type: 'call' }): Promise<ToThread> {
    try {
      const work = this.#options.server.benchmarks[method] as (...args: unknown[]) => Promise<unknown>
      return { type: 'answer', id, value: await work(...args) }
    } catch (error) {
      return { type: 'refusal', id, error: sendError(error) }
    }
  }

  #log({ level, fields, message }: FromThread & { type: 'log' }): void {
    const { err, ...rest } = { err: undefined, ...fields }
    this.#options.logger[level](err === undefined ? rest : { ...rest, err: receiveError(err) }, message)
  }

  /** It is not known which run crashed the thread. Each run may continue, but only a limited number of times. */
  async #recover({ request, settle }: RunUnderWay, crash: unknown): Promise<void> {
    const { server, logger } = this.#options
    const { runId } = request
    const crashes = (this.#crashes.get(runId) ?? 0) + 1
    this.#crashes.set(runId, crashes)
    logger.error({ err: crash, run_id: runId, crashes }, 'the thread of a dashboard benchmark crashed')
    try {
      if (crashes < CONTROL_PLANE_LIMITS.benchmarkCrashes.value) {
        await server.benchmarks.release(request)
      } else {
        this.#crashes.delete(runId)
        const message = 'the thread that ran the benchmark crashed'
        await endAsFailed(server, request, new RadixError('INTERNAL', { message }, { cause: crash }))
      }
    } catch (error) {
      // The claim expires, and the run continues from its journal.
      logger.warn({ err: error, run_id: runId }, 'a dashboard benchmark was left for the next claim')
    } finally {
      settle()
    }
  }
}

function post(worker: Worker, message: ToThread): void {
  worker.postMessage(message)
}
