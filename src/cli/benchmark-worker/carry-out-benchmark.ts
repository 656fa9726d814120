/**
 * Runs a benchmark that was started from the dashboard, with the same harness as `radix bench run --provider existing`.
 * It has a token for the one run and keeps its journal in the database. Another server takes over the run of a server
 * that died.
 */
import { basename, join } from 'node:path'
import { createClient } from '../../contract/client.ts'
import type { BenchmarkRequest } from '../../control-plane/runs/benchmark-claims.ts'
import type { BenchmarkQueue } from '../../control-plane/server.ts'
import { systemClock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { VERSION } from '../../core/version.ts'
import { isRadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import type { EvidenceWriter, HarnessPorts } from '../../harness/ports.ts'
import { isOutage } from '../../harness/wait.ts'
import { keepToken } from '../shared/sign-in/token-source.ts'
import { DatabaseRun } from './database-run-store.ts'

/** What a benchmark needs from the server that runs it. */
export interface BenchmarkHost {
  /** Other servers may share the database: a server that ends hands its runs over instead of cancelling them. */
  handsOver: boolean
  server: { url: string; benchmarks: Omit<BenchmarkQueue, 'claim'> }
  dataDir: string
  logger: Logger
}

/** Resolves when the run has ended or is left for the next claim. Never throws: errors are logged and end the run. */
export async function carryOutBenchmark(
  options: BenchmarkHost,
  request: BenchmarkRequest,
  interrupt: AbortSignal,
): Promise<void> {
  const { server, logger } = options
  const { runId } = request
  const held = new AbortController()
  try {
    const run = await DatabaseRun.load({ journals: server.benchmarks, request, clock: systemClock })
    const renewing = keepClaim(run, server.benchmarks.claimMs, held)
    const handOver = () =>
      void run.handOver().catch((error: unknown) => logger.debug({ err: error }, 'the claim expires'))
    if (options.handsOver) interrupt.addEventListener('abort', handOver)
    try {
      const signal = AbortSignal.any([interrupt, held.signal])
      const status = await carryOut(options, request, run, signal)
      await run.flush()
      logger.info({ run_id: runId, status }, 'a dashboard benchmark has ended')
    } finally {
      interrupt.removeEventListener('abort', handOver)
      held.abort('the end of the run')
      await renewing
    }
  } catch (error) {
    // If the database or this server is unavailable for a while, the claim expires, and the run continues from its
    // journal.
    if (isRadixError(error, 'RUN_TAKEN_OVER') || isOutage(error)) {
      logger.warn({ err: error, run_id: runId }, 'a dashboard benchmark was left for the next claim')
      return
    }
    logger.error({ err: error, run_id: runId }, 'a dashboard benchmark could not be carried out')
    await endAsFailed(server, request, error).catch((failure: unknown) =>
      logger.error({ err: failure, run_id: runId }, 'the run could not be recorded as failed'),
    )
  }
}

/** Renews the claim until the run has ended. A claim that is lost stops the work. */
async function keepClaim(run: DatabaseRun, claimMs: number, held: AbortController): Promise<void> {
  while (!held.signal.aborted) {
    await systemClock.sleep(claimMs / 3, held.signal).catch(() => {})
    if (held.signal.aborted) return
    await run.renew().catch((error: unknown) => {
      if (isRadixError(error, 'RUN_TAKEN_OVER')) held.abort('another server that has taken the run over')
    })
  }
}

/** The harness is loaded on first use, not when the server starts. */
async function carryOut(
  { server, dataDir }: BenchmarkHost,
  request: BenchmarkRequest,
  run: DatabaseRun,
  interrupt: AbortSignal,
): Promise<string> {
  const { runId } = request
  const [{ composeForRun }, { parseRunConfig }, { startRun }, { resumeRun }] = await Promise.all([
    import('../bench/compose.ts'),
    import('../../harness/config.ts'),
    import('../../harness/start-run.ts'),
    import('../../harness/finish-run.ts'),
  ])
  const evidenceDirectory = join(dataDir, 'evidence')
  const config = parseRunConfig({
    provider: 'existing',
    clusterId: request.clusterId,
    clusterName: request.clusterName,
    workload: request.workload,
    params: request.params,
    trials: request.trials,
    ttlMinutes: request.ttlMinutes,
    apiBase: server.url,
    dataDir,
    outputDirectory: evidenceDirectory,
  })
  const harness = await composeForRun(config)
  const ports: HarnessPorts = {
    ...harness.ports,
    tokenSource: keepToken(() => server.benchmarks.issueToken(request)),
    // The journal may name the address and the folders of the server that began the run.
    createClient: (_, tokenSource) =>
      run.guard(createClient({ baseUrl: server.url, credential: tokenSource, userAgent: `radix/${VERSION}` })),
    evidenceWriter: writeBelow(evidenceDirectory, harness.ports.evidenceWriter),
    openStore: () => run.store,
  }
  const observe = () => {}
  const outcome =
    run.read().length > 0
      ? await resumeRun({ runId, dataDir, ports, observe, interrupt })
      : await startRun({ config, runId, ports, observe, interrupt })
  return outcome.status
}

function writeBelow(folder: string, writer: EvidenceWriter): EvidenceWriter {
  return {
    preflight: () => writer.preflight(),
    write: (facts, directory) => writer.write(facts, join(folder, basename(directory))),
  }
}

/** So that the user sees why the benchmark did not run. */
export async function endAsFailed(
  { url, benchmarks }: BenchmarkHost['server'],
  request: BenchmarkRequest,
  error: unknown,
) {
  // Another server that has claimed the run decides how it ends.
  await benchmarks.renew(request)
  const client = createClient({ baseUrl: url, credential: async () => (await benchmarks.issueToken(request)).token })
  const body = { status: 'failed' as const, error_code: asRadixError(error).code }
  await client.call('updateRun', { params: { run_id: request.runId }, body })
}
