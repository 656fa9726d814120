/**
 * The configuration of a run. It is the first entry of the journal, so any later process can continue or clean up
 * without further input. No secrets.
 */

import { join } from 'node:path'
import { z } from 'zod'
import { explainIssue, valueAt } from '../contract/bounds.ts'
import { ProviderName } from '../contract/schemas/run.ts'
import { CHOSEN_WORKLOAD, checkParams } from '../contract/schemas/workload.ts'
import { flagOf } from '../core/flag-name.ts'
import { API_LIMITS } from '../core/limits/api.ts'
import { shellWord } from '../core/shell-word.ts'
import { RadixError } from '../errors/radix-error.ts'
import { DEFAULT_WORKLOAD } from '../workloads/index.ts'

/**
 * As `apiBase`: the control plane was started for this run. The client has its address, which may differ after a
 * restart.
 */
export const EMBEDDED_API_BASE = 'embedded'

export const RunConfig = z
  .strictObject({
    provider: ProviderName,
    clusterName: z.string().min(1).max(100).default('ci-gpu-bench'),
    /** The provider's settings, by its own schema (`ec2`: region, instance types, …). */
    machine: z.record(z.string(), z.unknown()).default({}),
    /** Provider `existing`: the cluster to use; without it, the only active one named `clusterName`. */
    clusterId: z.string().min(1).max(64).optional(),
    ...CHOSEN_WORKLOAD,
    trials: z.number().int().min(1).max(API_LIMITS.trials.value).default(1),
    ttlMinutes: z
      .number()
      .positive()
      .max(24 * 60)
      .default(45),
    apiBase: z.union([z.literal(EMBEDDED_API_BASE), z.url({ protocol: /^https?$/ })]),
    dataDir: z.string().min(1),
    /** The folder in which the evidence folder is created. */
    outputDirectory: z.string().min(1),
    /** Names the evidence folder (a CI run number); the run id where absent. */
    runNumber: z.string().min(1).max(64).optional(),
  })
  .superRefine(checkParams)
export type RunConfig = z.infer<typeof RunConfig>
export type RunConfigInput = z.input<typeof RunConfig>

/** Checks a configuration; throws `CONFIGURATION_INVALID` that names the flag of the first member that is wrong. */
export function parseRunConfig(input: unknown): RunConfig {
  const parsed = RunConfig.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const member = issue?.path.at(-1)
  throw new RadixError('CONFIGURATION_INVALID', {
    setting: member === undefined ? 'the configuration' : flagOf(String(member)),
    value: JSON.stringify(valueAt(input, issue?.path ?? [])) ?? 'absent',
    ...explainIssue(issue),
  })
}

/**
 * `benchmark-evidence-{instance_type or provider}-{run_number or id}` in the output directory. If no machine ran, the
 * requested type is used.
 */
export function evidenceDirectory(config: RunConfig, runId: string, instanceType: string | null): string {
  const { instanceTypes } = config.machine
  const asked = Array.isArray(instanceTypes) ? instanceTypes[0] : undefined
  const name = `benchmark-evidence-${instanceType ?? asked ?? config.provider}-${config.runNumber ?? runId}`
  return join(config.outputDirectory, name.replaceAll(/[^A-Za-z0-9._-]/g, '_'))
}

/**
 * The command that requests the same run again. Parsing it gives the same configuration, except for file locations.
 * Defaults are spelt out: they may change between versions.
 */
export function reproduceCommand(config: RunConfig): string {
  const words = ['radix bench run', `--provider ${config.provider}`]
  if (config.apiBase !== EMBEDDED_API_BASE) words.push(`--api-base ${shellWord(config.apiBase)}`)
  if (config.workload !== DEFAULT_WORKLOAD) words.push(`--workload ${config.workload}`)
  words.push(...flagsOf(config.machine, MACHINE_FLAGS))
  if (config.clusterId) words.push(`--cluster-id ${shellWord(config.clusterId)}`)
  words.push(`--cluster-name ${shellWord(config.clusterName)}`, `--trials ${config.trials}`)
  words.push(...flagsOf(config.params, {}), `--ttl-minutes ${config.ttlMinutes}`)
  return words.join(' ')
}

/** Provider settings whose flags have other names. Null: the value follows from where the command runs. */
const MACHINE_FLAGS: Readonly<Record<string, string | null>> = {
  region: 'aws-region',
  fallbackRegions: 'fallback-region',
  instanceTypes: 'instance-type',
  subnetIds: 'subnet-id',
  managedBy: null,
  // They are in the inventory.
  hosts: null,
}

/** Members as flags: `instanceTypes: [a, b]` is `--instance-type a b`, `steps_per_epoch: 3` is `--steps-per-epoch 3`. */
function flagsOf(members: Readonly<Record<string, unknown>>, names: typeof MACHINE_FLAGS): string[] {
  return Object.entries(members).flatMap(([member, value]) => {
    const flag = names[member] ? `--${names[member]}` : flagOf(member)
    const isAbsent = value === undefined || value === null || value === false
    if (names[member] === null || isAbsent || (Array.isArray(value) && value.length === 0)) return []
    if (value === true) return [flag]
    return [`${flag} ${(Array.isArray(value) ? value : [value]).map((item) => shellWord(wordOf(item))).join(' ')}`]
  })
}

/** A fallback region is its name; one with ids of its own is as a configuration file has it. */
function wordOf(item: unknown): string {
  const region = FallbackRegion.safeParse(item)
  if (!region.success) return String(item)
  const { region: aws_region, amiId: ami_id, subnetIds, securityGroupId: security_group_id } = region.data
  const capacity_reservation_id = region.data.capacityReservationId
  const subnet_id = subnetIds?.length ? subnetIds : undefined
  const ids = { ami_id, subnet_id, security_group_id, capacity_reservation_id }
  const hasOwnIds = Object.values(ids).some((id) => id !== undefined)
  return hasOwnIds ? JSON.stringify({ aws_region, ...ids }) : aws_region
}

const FallbackRegion = z.object({
  region: z.string(),
  amiId: z.string().optional(),
  subnetIds: z.array(z.string()).optional(),
  securityGroupId: z.string().optional(),
  capacityReservationId: z.string().optional(),
})
