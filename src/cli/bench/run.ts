/** `radix bench run` */

import { isId } from '../../core/ids.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { RunConfigInput } from '../../harness/config.ts'
import { exitCodeOf } from '../../harness/outcome.ts'
import { findObstaclesOfRun, startRun } from '../../harness/start-run.ts'
import { givenApiBase } from '../shared/connection.ts'
import { type ConnectionOptions, resolveDataDir } from '../shared/options.ts'
import { toWorkloadParams, type WorkloadOptions } from '../shared/workload-options.ts'
import { type ComposedHarness, composeHarness } from './compose.ts'
import { reportDryRun } from './dry-run.ts'
import { QUICK_PARAMS } from './presets.ts'
import { watchRun } from './watch-run.ts'

export interface RunOptions extends ConnectionOptions, WorkloadOptions {
  provider: 'local' | 'existing'
  outputDir: string
  quick?: boolean
  trials?: number
  ttlMinutes?: number
  clusterName?: string
  clusterId?: string
  runId?: string
  runNumber?: string
  dryRun?: boolean
  json?: boolean
}

/** Sets the process's exit code by how the run ended; throws when there was no run to speak of. */
export async function runBench(options: RunOptions): Promise<void> {
  checkRunId(options.runId)
  await watchRun({ json: options.json, exitCodeOf }, async ({ observe, interrupt }) => {
    const apiBase = givenApiBase(options)
    const harness = await composeHarness({ provider: options.provider, dataDir: resolveDataDir(options), apiBase })
    try {
      const config = toConfig(options, harness)
      const { ports } = harness
      if (!options.dryRun) return await startRun({ config, runId: options.runId, ports, observe, interrupt })
      reportDryRun(await findObstaclesOfRun(config, ports, interrupt), options)
      return undefined
    } finally {
      await harness.close()
    }
  })
}

function toConfig(options: RunOptions, { apiBase, dataDir }: ComposedHarness): RunConfigInput {
  const workload = toWorkloadParams(options)
  return {
    provider: options.provider,
    clusterName: options.clusterName,
    clusterId: options.clusterId,
    params: options.quick ? { ...QUICK_PARAMS, ...workload } : workload,
    trials: options.trials,
    ttlMinutes: options.ttlMinutes,
    apiBase,
    dataDir,
    outputDirectory: options.outputDir,
    runNumber: options.runNumber,
  }
}

function checkRunId(runId: string | undefined): void {
  if (runId === undefined || isId('run', runId)) return
  const message = `--run-id ${runId}: a run id is run_ and 26 characters.`
  throw new RadixError('USAGE', { message, help_command: 'radix bench run --help' })
}
