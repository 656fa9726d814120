/** `radix bench cleanup` */
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { EMBEDDED_API_BASE, parseRunConfig, type RunConfig } from '../../harness/config.ts'
import { cleanUpRun } from '../../harness/finish-run.ts'
import type { RunState } from '../../harness/journal/run-state.ts'
import { lookAtRun } from '../../harness/look-at-runs.ts'
import { exitCodeOfCleanup } from '../../harness/outcome.ts'
import { givenApiBase } from '../shared/connection.ts'
import { type ChosenProvider, toEc2Settings } from '../shared/ec2-options.ts'
import { type ConnectionOptions, pickGiven, resolveDataDir } from '../shared/options.ts'
import { composeForRun } from './compose.ts'
import { refuseUnusedOptions } from './run-config.ts'
import { watchRun } from './watch-run.ts'

interface CleanupOptions extends ConnectionOptions {
  provider?: ChosenProvider
  awsRegion?: string
  fallbackRegion?: string[]
  json?: boolean
}

export async function cleanUpBench(runId: string, options: CleanupOptions): Promise<void> {
  const dataDir = resolveDataDir(options)
  await watchRun({ json: options.json, exitCodeOf: exitCodeOfCleanup }, async ({ observe, interrupt }) => {
    const adoptAs = adoptedConfig(options, dataDir)
    const { config, facts } = readRun(dataDir, runId, adoptAs)
    const harness = await composeForRun(config, { facts, mayLackControlPlane: true })
    try {
      return await cleanUpRun({ runId, dataDir, ports: harness.ports, observe, interrupt, adoptAs })
    } finally {
      await harness.close()
    }
  })
}

/** The configuration from the journal. If the journal is missing or damaged, from the user's flags. */
function readRun(dataDir: string, runId: string, adoptAs: RunConfig | undefined): Pick<RunState, 'config' | 'facts'> {
  try {
    return lookAtRun(dataDir, runId).state
  } catch (error) {
    const mayAdopt = isRadixError(error, 'RUN_NOT_FOUND') || isRadixError(error, 'JOURNAL_DAMAGED')
    if (adoptAs && mayAdopt) return { config: adoptAs, facts: {} }
    throw error
  }
}

/** The run as the user describes it. */
export function adoptedConfig(options: CleanupOptions, dataDir: string): RunConfig | undefined {
  const regions = pickGiven({ awsRegion: options.awsRegion, fallbackRegion: options.fallbackRegion })
  if (!options.provider) {
    const flags = Object.keys(regions)
    if (flags.length === 0) return undefined
    const message = 'Regions apply only with --provider ec2. A journal on this machine names the regions of its run.'
    throw new RadixError('USAGE', { message, help_command: 'radix bench cleanup --help' })
  }
  refuseUnusedOptions(regions, options.provider, 'cleanup')
  const apiBase = givenApiBase(options) ?? EMBEDDED_API_BASE
  const { provider } = options
  const machine = provider === 'ec2' ? toEc2Settings(options, {}, process.env) : {}
  return parseRunConfig({ provider, machine, apiBase, dataDir, outputDirectory: process.cwd() })
}
