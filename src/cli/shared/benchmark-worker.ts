/**
 * Works off benchmarks that people asked for by a click: the same harness as `radix bench run --provider existing`, beside
 * the server, with a token for the one run. What it was at when it ended is taken up again.
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createClient } from '../../contract/client.ts'
import type { RunningServer } from '../../control-plane/server.ts'
import type { BenchmarkRequest } from '../../control-plane/services/benchmarks.ts'
import { backoffDelayMs } from '../../core/backoff.ts'
import { systemClock } from '../../core/clock.ts'
import { isRadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import { keepToken } from './sign-in/token-source.ts'

interface WorkerOptions {
  server: Pick<RunningServer, 'url' | 'benchmarks'>
  dataDir: string
  logger: Logger
}

export interface BenchmarkWorker {
  /** Cancels what is under way, and waits until it is taken down. */
  close(): Promise<void>
}

export function startBenchmarkWorker(options: WorkerOptions): BenchmarkWorker {
  const stop = new AbortController()
  const underWay = new Set<Promise<void>>()
  const begin = (request: BenchmarkRequest) => {
    const running = work(options, request, stop.signal).finally(() => underWay.delete(running))
    underWay.add(running)
  }
  const finished = takeUp(options, begin, stop.signal)
  return {
    async close() {
      stop.abort('the end of the server')
      await finished
      await Promise.all(underWay)
    },
  }
}

async function takeUp(
  { server, logger }: WorkerOptions,
  begin: (request: BenchmarkRequest) => void,
  signal: AbortSignal,
): Promise<void> {
  let mustTakeUp = true
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      if (mustTakeUp) for (const request of await server.benchmarks.listUnfinished()) begin(request)
      mustTakeUp = false
      const request = await server.benchmarks.claim(signal)
      if (request) begin(request)
      attempt = 0
    } catch (error) {
      // The database may be away for a while; what was asked for waits in it.
      logger.warn({ err: error }, 'benchmarks by a click could not be looked at; trying again')
      const delayMs = backoffDelayMs(attempt, { initialMs: 500, maximumMs: 30_000 })
      await systemClock.sleep(delayMs, signal).catch(() => {})
    }
  }
}

/** The harness is loaded when somebody clicks, not when the server starts. */
async function work({ server, dataDir, logger }: WorkerOptions, request: BenchmarkRequest, interrupt: AbortSignal) {
  const { runId } = request
  try {
    const [{ composeForRun }, { parseRunConfig }, { startRun }, { resumeRun }] = await Promise.all([
      import('../bench/compose.ts'),
      import('../../harness/config.ts'),
      import('../../harness/start-run.ts'),
      import('../../harness/finish-run.ts'),
    ])
    const config = parseRunConfig({
      provider: 'existing',
      clusterId: request.clusterId,
      clusterName: request.clusterName,
      params: request.params,
      trials: request.trials,
      ttlMinutes: request.ttlMinutes,
      apiBase: server.url,
      dataDir,
      outputDirectory: join(dataDir, 'evidence'),
    })
    const harness = await composeForRun(config)
    const ports = { ...harness.ports, tokenSource: keepToken(() => server.benchmarks.issueToken(request)) }
    const observe = () => {}
    const outcome = await resumeRun({ runId, dataDir, ports, observe, interrupt }).catch((error: unknown) => {
      if (isRadixError(error, 'RUN_NOT_FOUND')) return startRun({ config, runId, ports, observe, interrupt })
      throw error
    })
    logger.info({ run_id: runId, status: outcome.status }, 'a benchmark by a click has ended')
  } catch (error) {
    logger.error({ err: error, run_id: runId }, 'a benchmark by a click could not be worked off')
    await endAsFailed(server, request, error).catch((failure: unknown) => logger.error({ err: failure }, 'nor ended'))
  }
}

/** Whoever clicked must see that nothing comes of it. */
async function endAsFailed({ url, benchmarks }: WorkerOptions['server'], request: BenchmarkRequest, error: unknown) {
  const client = createClient({ baseUrl: url, credential: async () => (await benchmarks.issueToken(request)).token })
  const body = { status: 'failed' as const, error_code: asRadixError(error).code }
  await client.call('updateRun', { params: { run_id: request.runId }, body })
}
