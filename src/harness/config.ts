/**
 * What a run is asked to do. It is the first thing in the journal, so that any later process can go on or clean up
 * without being told again. No secrets.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { ProviderName } from '../contract/schemas/run.ts'
import { Resnet50Params } from '../contract/schemas/workload.ts'
import { RadixError } from '../errors/radix-error.ts'

/** As `apiBase`: the control plane was started for this run. Its address is the client's, and may differ after a restart. */
export const EMBEDDED_API_BASE = 'embedded'

export const RunConfig = z.strictObject({
  provider: ProviderName,
  clusterName: z.string().min(1).max(100).default('ci-gpu-bench'),
  /** What the provider needs to know, by its own schema (`ec2`: region, instance types, …). */
  machine: z.record(z.string(), z.unknown()).default({}),
  /** Provider `existing`: the cluster to use; without it, the only active one named `clusterName`. */
  clusterId: z.string().min(1).max(64).optional(),
  params: Resnet50Params.prefault({}),
  trials: z.number().int().min(1).max(100).default(1),
  ttlMinutes: z
    .number()
    .positive()
    .max(24 * 60)
    .default(45),
  apiBase: z.union([z.literal(EMBEDDED_API_BASE), z.url({ protocol: /^https?$/ })]),
  dataDir: z.string().min(1),
  /** The folder in which the evidence folder is made. */
  outputDirectory: z.string().min(1),
  /** Names the evidence folder (a CI run number); the run id where absent. */
  runNumber: z.string().min(1).max(64).optional(),
})
export type RunConfig = z.infer<typeof RunConfig>
export type RunConfigInput = z.input<typeof RunConfig>

/** Checks a configuration; throws `CONFIGURATION_INVALID` that names the first member that is wrong. */
export function parseRunConfig(input: unknown): RunConfig {
  const parsed = RunConfig.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const setting = issue?.path.join('.') || 'configuration'
  throw new RadixError(
    'CONFIGURATION_INVALID',
    {
      setting,
      value: JSON.stringify(valueAt(input, issue?.path ?? [])) ?? 'absent',
      reason: issue?.message ?? 'it does not match',
      expected: 'a value in its range',
    },
    { cause: parsed.error },
  )
}

/** `benchmark-evidence-{instance_type or provider}-{run_number or id}` in the output directory: the type that was asked for where none ran. */
export function evidenceDirectory(config: RunConfig, runId: string, instanceType: string | null): string {
  const { instanceTypes } = config.machine
  const asked = Array.isArray(instanceTypes) ? instanceTypes[0] : undefined
  const name = `benchmark-evidence-${instanceType ?? asked ?? config.provider}-${config.runNumber ?? runId}`
  return join(config.outputDirectory, name.replaceAll(/[^A-Za-z0-9._-]/g, '_'))
}

/** The command that asks for the same run again. Defaults are spelt out: they may change between versions. */
export function reproduceCommand(config: RunConfig): string {
  const { params } = config
  const words = ['radix bench run', `--provider ${config.provider}`]
  if (config.apiBase !== EMBEDDED_API_BASE) words.push(`--api-base ${config.apiBase}`)
  words.push(...machineWords(config.machine))
  if (config.clusterId) words.push(`--cluster-id ${config.clusterId}`)
  words.push(
    `--cluster-name ${quote(config.clusterName)}`,
    `--trials ${config.trials}`,
    `--epochs ${params.epochs}`,
    `--batch-size ${params.batch_size}`,
    `--steps-per-epoch ${params.steps_per_epoch}`,
    `--image-size ${params.image_size}`,
    `--recipe ${params.recipe}`,
  )
  if (params.allow_cpu) words.push('--allow-cpu')
  words.push(`--ttl-minutes ${config.ttlMinutes}`)
  return words.join(' ')
}

/**
 * The provider's settings as flags: `instanceTypes: [a, b]` is `--instance-type a b`. A fallback region is its name: its own
 * ids, which only a configuration file can give, are not in it.
 */
function machineWords(machine: RunConfig['machine']): string[] {
  const flags: Record<string, string> = {
    region: 'aws-region',
    fallbackRegions: 'fallback-region',
    instanceTypes: 'instance-type',
    subnetIds: 'subnet-id',
  }
  return Object.entries(machine).flatMap(([name, value]) => {
    const flag = `--${flags[name] ?? name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    if (name === 'managedBy' || value === null || value === false || (Array.isArray(value) && value.length === 0))
      return []
    if (value === true) return [flag]
    return [`${flag} ${(Array.isArray(value) ? value : [value]).map((item) => quote(nameOf(item))).join(' ')}`]
  })
}

function nameOf(item: unknown): string {
  return typeof item === 'object' && item !== null && 'region' in item ? String(item.region) : String(item)
}

function quote(word: string): string {
  return /^[A-Za-z0-9._-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const key of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  return value
}
