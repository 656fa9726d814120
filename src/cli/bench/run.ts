/** `radix bench run` */
import { isId } from '../../core/ids.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { RunConfig } from '../../harness/config.ts'
import { exitCodeOf } from '../../harness/outcome.ts'
import type { HarnessPorts } from '../../harness/ports.ts'
import { findObstaclesOfRun, startRun } from '../../harness/start-run.ts'
import { readBenchFile } from '../shared/ec2-options.ts'
import { note } from '../shared/output.ts'
import { composeForRun } from './compose.ts'
import { reportDryRun } from './dry-run.ts'
import { retryReclaimed } from './retry-reclaimed.ts'
import { type RunConfigOptions, toRunConfig } from './run-config.ts'
import type { RunView } from './view/view.ts'
import { watchRun } from './watch-run.ts'

export interface RunOptions extends RunConfigOptions {
  config?: string
  runId?: string
  dryRun?: boolean
  json?: boolean
}

/** Sets the process's exit code to the result of the run. Throws if no run came into being. */
export async function runBench(options: RunOptions): Promise<void> {
  // A dry run has no steps to show: a live view would draw over its answer.
  const view = options.dryRun ? { view: NO_VIEW } : {}
  await watchRun({ json: options.json, exitCodeOf, startsRun: true, ...view }, async ({ observe, interrupt, say }) => {
    checkRunId(options.runId)
    const file = readBenchFile(options.config)
    const config = toRunConfig(options, file, process.env)
    if (options.dryRun) {
      await withPorts(config, async (ports) =>
        reportDryRun(await findObstaclesOfRun(config, ports, interrupt), options),
      )
      return undefined
    }
    const policy = options.onReclaim ?? file.on_reclaim ?? 'fail'
    const start = (next: RunConfig, isRetry: boolean) => {
      const runId = isRetry ? undefined : options.runId
      return withPorts(next, (ports) => startRun({ config: next, runId, ports, observe, interrupt }))
    }
    return retryReclaimed({ config, policy, start, say })
  })
}

async function withPorts<T>(config: RunConfig, work: (ports: HarnessPorts) => Promise<T>): Promise<T> {
  const harness = await composeForRun(config)
  try {
    return await work(harness.ports)
  } finally {
    await harness.close()
  }
}

const NO_VIEW: RunView = { observe: () => {}, say: note, finish: () => {}, close: () => {} }

function checkRunId(runId: string | undefined): void {
  if (runId === undefined || isId('run', runId)) return
  const message = `--run-id ${runId}: a run id is run_ and 26 characters.`
  throw new RadixError('USAGE', { message, help_command: 'radix bench run --help' })
}
