/** `radix bench cleanup` */
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { EMBEDDED_API_BASE, parseRunConfig, type RunConfig } from '../../harness/config.ts'
import { cleanUpRun } from '../../harness/finish-run.ts'
import type { RunState } from '../../harness/journal/run-state.ts'
import { lookAtRun } from '../../harness/look-at-runs.ts'
import { exitCodeOfCleanup } from '../../harness/outcome.ts'
import { givenApiBase } from '../shared/connection.ts'
import type { ChosenProvider } from '../shared/ec2-options.ts'
import { type ConnectionOptions, pickGiven, resolveDataDir } from '../shared/options.ts'
import type { SshOptions } from '../shared/ssh-options.ts'
import { composeForRun } from './compose.ts'
import { refuseUnusedOptions, toMachineSettings } from './run-config.ts'
import { watchRun } from './watch-run.ts'

interface CleanupOptions extends ConnectionOptions, SshOptions {
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
  const { awsRegion, fallbackRegion, inventory, host } = options
  const places = pickGiven({ awsRegion, fallbackRegion, inventory, host })
  if (!options.provider) {
    const flags = Object.keys(places)
    if (flags.length === 0) return undefined
    const message =
      'Regions apply only with --provider ec2, and hosts only with --provider ssh. A journal on this machine names those of its run.'
    throw new RadixError('USAGE', { message, help_command: 'radix bench cleanup --help' })
  }
  refuseUnusedOptions(places, options.provider, 'cleanup')
  const apiBase = givenApiBase(options) ?? EMBEDDED_API_BASE
  const { provider } = options
  const machine = toMachineSettings(provider, options, {}, process.env)
  return parseRunConfig({ provider, machine, apiBase, dataDir, outputDirectory: process.cwd() })
}
