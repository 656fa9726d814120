/** `radix bench resume` */
import { resumeRun } from '../../harness/finish-run.ts'
import { lookAtRun } from '../../harness/look-at-runs.ts'
import { exitCodeOf } from '../../harness/outcome.ts'
import { type DataDirOption, resolveDataDir } from '../shared/options.ts'
import { composeForRun } from './compose.ts'
import { watchRun } from './watch-run.ts'

export async function resumeBench(runId: string, options: DataDirOption & { json?: boolean }): Promise<void> {
  const dataDir = resolveDataDir(options)
  await watchRun({ json: options.json, exitCodeOf }, async ({ observe, interrupt }) => {
    const { config, facts } = lookAtRun(dataDir, runId).state
    const harness = await composeForRun(config, { facts })
    try {
      return await resumeRun({ runId, dataDir, ports: harness.ports, observe, interrupt })
    } finally {
      await harness.close()
    }
  })
}
