/** The configuration of a run. Precedence, highest first: flags, environment, configuration file, preset. */
import { resolve } from 'node:path'
import { flagOf } from '../../core/flag-name.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { EMBEDDED_API_BASE, parseRunConfig, type RunConfig } from '../../harness/config.ts'
import { toSshSettings } from '../../providers/ssh/inventory.ts'
import { ALL_PARAMETERS } from '../../workloads/all-parameters.ts'
import { DEFAULT_WORKLOAD, type WorkloadName } from '../../workloads/index.ts'
import { findApiBaseOf } from '../shared/connection.ts'
import {
  type BenchFile,
  type ChosenProvider,
  type Ec2Options,
  type ReclaimPolicy,
  toEc2Settings,
} from '../shared/ec2-options.ts'
import { type ConnectionOptions, pickGiven, resolveDataDir } from '../shared/options.ts'
import { type SshOptions, toSshOptions } from '../shared/ssh-options.ts'
import { toWorkloadParams, type WorkloadOptions } from '../shared/workload-options.ts'
import { choosePreset, type PresetName } from './presets.ts'

export interface RunConfigOptions extends ConnectionOptions, WorkloadOptions, Ec2Options, SshOptions {
  provider?: ChosenProvider
  outputDir: string
  quick?: boolean
  preset?: PresetName
  trials?: number
  ttlMinutes?: number
  clusterName?: string
  clusterId?: string
  onReclaim?: ReclaimPolicy
  runNumber?: string
}

type Environment = Readonly<Record<string, string | undefined>>

type OwnedOptions = Ec2Options & SshOptions & Pick<RunConfigOptions, 'clusterId' | 'onReclaim'>

/**
 * The only provider that reads an option. An option that is ignored silently could start a machine that the user did
 * not ask for.
 */
const READ_BY = {
  awsRegion: 'ec2',
  fallbackRegion: 'ec2',
  instanceType: 'ec2',
  amiId: 'ec2',
  subnetId: 'ec2',
  securityGroupId: 'ec2',
  capacityReservationId: 'ec2',
  instanceProfileName: 'ec2',
  spot: 'ec2',
  onReclaim: 'ec2',
  maxCostUsd: 'ec2',
  rootVolumeGib: 'ec2',
  agentImage: 'ec2',
  workloadImage: 'ec2',
  clusterId: 'existing',
  inventory: 'ssh',
  host: 'ssh',
} as const satisfies Record<keyof OwnedOptions, ChosenProvider>

/**
 * Throws `USAGE`. A configuration file contains the settings of every provider, so settings of other providers are
 * skipped there.
 */
export function refuseUnusedOptions(options: OwnedOptions, provider: ChosenProvider, verb = 'run'): void {
  const names = Object.keys(READ_BY) as (keyof OwnedOptions)[]
  const unread = names.filter((name) => READ_BY[name] !== provider && options[name] !== undefined)
  const [first] = unread
  if (first === undefined) return
  const readers = new Set(unread.map((name) => READ_BY[name]))
  const other = readers.size === 1 ? `give --provider ${READ_BY[first]}, or ` : ''
  const flags = unread.map(flagOf).join(', ')
  const message = `Provider ${provider} does not read ${flags}: ${other}leave ${unread.length === 1 ? 'it' : 'them'} out.`
  throw new RadixError('USAGE', { message, help_command: `radix bench ${verb} --help` })
}

/** Throws `CONFIGURATION_INVALID`, naming the setting. */
export function toRunConfig(options: RunConfigOptions, file: BenchFile, env: Environment): RunConfig {
  const provider = options.provider ?? file.provider ?? 'local'
  refuseUnusedOptions(options, provider)
  const workload = options.workload ?? file.workload ?? DEFAULT_WORKLOAD
  const preset = choosePreset(options, provider, workload)
  const machineOptions = preset?.instanceType ? { instanceType: [preset.instanceType], ...options } : options
  return parseRunConfig({
    provider,
    machine: toMachineSettings(provider, machineOptions, file, env),
    clusterName: options.clusterName ?? file.cluster_name,
    clusterId: options.clusterId,
    workload,
    params: {
      ...preset?.params,
      ...paramsOf(file, workload),
      ...toWorkloadParams(options, workload, 'radix bench run --help'),
    },
    trials: options.trials ?? file.trials,
    ttlMinutes: options.ttlMinutes ?? file.ttl_minutes ?? preset?.ttlMinutes,
    apiBase: findApiBaseOf(options, file.api_base) ?? EMBEDDED_API_BASE,
    dataDir: resolveDataDir(options),
    // A later process in another folder must find the directory.
    outputDirectory: resolve(options.outputDir),
    runNumber: options.runNumber,
  })
}

/** What the provider itself needs to know. Throws `CONFIGURATION_INVALID`. */
export function toMachineSettings(
  provider: ChosenProvider,
  options: Ec2Options & SshOptions,
  file: BenchFile,
  env: Environment,
): Record<string, unknown> {
  if (provider === 'ec2') return toEc2Settings(options, file, env)
  if (provider === 'ssh') return toSshSettings(toSshOptions(options, file))
  return {}
}

/** A configuration file may have parameters of several workloads: those of the others are skipped. */
function paramsOf(file: BenchFile, workload: WorkloadName) {
  const own = ALL_PARAMETERS.filter(({ workloads }) => workloads.includes(workload))
  return pickGiven(Object.fromEntries(own.map(({ name }) => [name, file[name]])))
}
