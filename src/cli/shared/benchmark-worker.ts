/**
 * Works off benchmarks that people asked for by a click: the same harness as `radix bench run --provider existing`, beside
 * the server, with a token for the one run. What it was at when it ended is taken up again.
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { RunningServer } from '../../control-plane/server.ts'
import type { BenchmarkRequest } from '../../control-plane/services/benchmarks.ts'
import { isRadixError } from '../../errors/radix-error.ts'
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
  try {
    for (const request of await server.benchmarks.listUnfinished()) begin(request)
    for (;;) {
      const request = await server.benchmarks.claim(signal)
      if (!request) return
      begin(request)
    }
  } catch (error) {
    if (!signal.aborted) logger.error({ err: error }, 'benchmarks by a click are not worked off any more')
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
  }
}
