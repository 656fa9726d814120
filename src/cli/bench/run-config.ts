/** From flags, environment, configuration file and preset to what a run is asked for; the first that says it counts. */
import { resolve } from 'node:path'
import { QUICK_PARAMS } from '../../contract/schemas/workload.ts'
import { EMBEDDED_API_BASE, parseRunConfig, type RunConfig } from '../../harness/config.ts'
import { findApiBaseOf } from '../shared/connection.ts'
import { type BenchFile, type ChosenProvider, type Ec2Options, toEc2Settings } from '../shared/ec2-options.ts'
import { type ConnectionOptions, pickGiven, resolveDataDir } from '../shared/options.ts'
import { toWorkloadParams, type WorkloadOptions } from '../shared/workload-options.ts'
import { PRESETS, type PresetName } from './presets.ts'

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

/** Throws `CONFIGURATION_INVALID`, naming the setting. */
export function toRunConfig(options: RunConfigOptions, file: BenchFile, env: Environment): RunConfig {
  const preset = options.preset && PRESETS[options.preset]
  const provider = options.provider ?? file.provider ?? 'local'
  const machineOptions = preset ? { instanceType: [preset.instanceType], ...options } : options
  return parseRunConfig({
    provider,
    machine: provider === 'ec2' ? toEc2Settings(machineOptions, file, env) : {},
    clusterName: options.clusterName ?? file.cluster_name,
    clusterId: options.clusterId,
    params: {
      ...(options.quick ? QUICK_PARAMS : {}),
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

function paramsOf({ epochs, batch_size, steps_per_epoch, image_size, recipe }: BenchFile) {
  return pickGiven({ epochs, batch_size, steps_per_epoch, image_size, recipe })
}
