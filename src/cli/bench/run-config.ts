/** The configuration of a run. Precedence, highest first: flags, environment, configuration file, preset. */
import { resolve } from 'node:path'
import { RadixError } from '../../errors/radix-error.ts'
import { EMBEDDED_API_BASE, parseRunConfig, type RunConfig } from '../../harness/config.ts'
import { resnet50 } from '../../workloads/resnet50.ts'
import { findApiBaseOf } from '../shared/connection.ts'
import { type BenchFile, type ChosenProvider, type Ec2Options, toEc2Settings } from '../shared/ec2-options.ts'
import { type ConnectionOptions, pickGiven, resolveDataDir } from '../shared/options.ts'
import { toWorkloadParams, type WorkloadOptions } from '../shared/workload-options.ts'
import { choosePreset, type PresetName } from './presets.ts'

export interface RunConfigOptions extends ConnectionOptions, WorkloadOptions, Ec2Options {
  provider?: ChosenProvider
  outputDir: string
  quick?: boolean
  preset?: PresetName
  trials?: number
  ttlMinutes?: number
  clusterName?: string
  clusterId?: string
  runNumber?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** Options that only provider `ec2` reads. Ignoring them silently would run on a machine that the user did not ask for. */
const EC2_OPTIONS = {
  awsRegion: '--aws-region',
  fallbackRegion: '--fallback-region',
  instanceType: '--instance-type',
  amiId: '--ami-id',
  subnetId: '--subnet-id',
  securityGroupId: '--security-group-id',
  instanceProfileName: '--instance-profile-name',
  spot: '--spot',
  maxCostUsd: '--max-cost-usd',
  rootVolumeGib: '--root-volume-gib',
  agentImage: '--agent-image',
  workloadImage: '--workload-image',
} as const satisfies Record<keyof Ec2Options, string>

/** Throws `USAGE`. A configuration file holds the settings of every provider, so those of another are passed over there. */
export function refuseUnusedOptions(options: Ec2Options, provider: ChosenProvider, verb = 'run'): void {
  const names = Object.keys(EC2_OPTIONS) as (keyof Ec2Options)[]
  const given = provider === 'ec2' ? [] : names.filter((name) => options[name] !== undefined)
  if (given.length === 0) return
  const flags = given.map((name) => EC2_OPTIONS[name]).join(', ')
  const message = `Provider ${provider} does not read ${flags}: give --provider ec2, or leave them out.`
  throw new RadixError('USAGE', { message, help_command: `radix bench ${verb} --help` })
}

/** Throws `CONFIGURATION_INVALID`, naming the setting. */
export function toRunConfig(options: RunConfigOptions, file: BenchFile, env: Environment): RunConfig {
  const provider = options.provider ?? file.provider ?? 'local'
  refuseUnusedOptions(options, provider)
  const preset = choosePreset(options, provider)
  const machineOptions = preset?.instanceType ? { instanceType: [preset.instanceType], ...options } : options
  return parseRunConfig({
    provider,
    machine: provider === 'ec2' ? toEc2Settings(machineOptions, file, env) : {},
    clusterName: options.clusterName ?? file.cluster_name,
    clusterId: options.clusterId,
    params: {
      ...preset?.params,
      ...paramsOf(file),
      ...toWorkloadParams(options),
    },
    trials: options.trials ?? file.trials,
    ttlMinutes: options.ttlMinutes ?? file.ttl_minutes ?? preset?.ttlMinutes,
    apiBase: findApiBaseOf(options, file.api_base) ?? EMBEDDED_API_BASE,
    dataDir: resolveDataDir(options),
    // A later process, in another folder, must find it.
    outputDirectory: resolve(options.outputDir),
    runNumber: options.runNumber,
  })
}

function paramsOf(file: BenchFile) {
  const names = Object.keys(resnet50.parameters) as (keyof typeof resnet50.parameters)[]
  return pickGiven(Object.fromEntries(names.map((name) => [name, file[name]])))
}
