/**
 * The options of provider ec2. Each is taken from its flag, else from the environment by the specification's names, else
 * from a configuration file with the specification's names (`aws_region`, `instance_type`, …).
 */
import type { Command } from 'commander'
import { z } from 'zod'
import { explainIssue, valueAt } from '../../contract/bounds.ts'
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import { parseOutsideJson, readOutsideJson } from '../../core/outside-json.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { RunConfig } from '../../harness/config.ts'
import { Ec2Settings, parseEc2Settings } from '../../providers/ec2/settings.ts'
import { readTextFile } from '../../system/text-file.ts'
import { ALL_PARAMETERS, type ParameterName } from '../../workloads/all-parameters.ts'
import { WORKLOAD_NAMES } from '../../workloads/index.ts'
import { type Parameter, toOptionalShape } from '../../workloads/parameters.ts'
import { numberOf, pickGiven } from './options.ts'

export interface Ec2Options {
  awsRegion?: string
  fallbackRegion?: string[]
  instanceType?: string[]
  amiId?: string
  subnetId?: string[]
  securityGroupId?: string
  capacityReservationId?: string
  instanceProfileName?: string
  spot?: boolean
  maxCostUsd?: number
  rootVolumeGib?: number
  agentImage?: string
  workloadImage?: string
}

/** Where machines may be: also what finds them again. */
export function addRegionOptions(command: Command): Command {
  return command
    .option('--aws-region <region>', 'ec2: region (env AWS_REGION; us-west-2)')
    .option(
      '--fallback-region <region...>',
      'ec2: regions to try when there is no capacity, in order (env BENCH_FALLBACK_REGIONS)',
    )
}

export function addEc2Options(command: Command): Command {
  return addRegionOptions(command)
    .option('--instance-type <type...>', 'ec2: types to try, in order (g5.2xlarge)')
    .option('--ami-id <id>', 'ec2: image (env BENCH_AMI_ID; the newest Deep Learning AMI)')
    .option('--subnet-id <id...>', 'ec2: subnets, in order (env BENCH_SUBNET_ID; those of the default VPC)')
    .option('--security-group-id <id>', 'ec2: security group (env BENCH_SECURITY_GROUP_ID)')
    .option(
      '--capacity-reservation-id <id>',
      'ec2: Capacity Reservation or Capacity Block to use (env BENCH_CAPACITY_RESERVATION_ID)',
    )
    .option('--instance-profile-name <name>', 'ec2: instance profile (env BENCH_INSTANCE_PROFILE_NAME)')
    .option('--spot', 'ec2: a spot machine, or an on-demand one if there is no spot capacity')
    .option(
      '--max-cost-usd <dollars>',
      'ec2: refuse a run that could cost more',
      numberOf(Ec2Settings.shape.maxCostUsd),
    )
    .option(
      '--root-volume-gib <number>',
      'ec2: size of the root volume (100)',
      numberOf(Ec2Settings.shape.rootVolumeGib),
    )
    .option(
      '--agent-image <reference>',
      'ec2: image of the agent (env BENCH_AGENT_IMAGE; none: the control plane hands out the agent)',
    )
    .option('--workload-image <reference>', "ec2: image of the workloads (none: the AMI's own PyTorch)")
}

/** The providers that a user may choose. */
export const CHOSEN_PROVIDERS = ['local', 'existing', 'ec2', 'ssh'] as const
export type ChosenProvider = (typeof CHOSEN_PROVIDERS)[number]

/** What follows when AWS takes a spot machine back. */
export const RECLAIM_POLICIES = ['fail', 'retry', 'retry-on-demand'] as const
export type ReclaimPolicy = (typeof RECLAIM_POLICIES)[number]

const OneOrSeveral = z.union([z.string(), z.array(z.string())])

/** A fallback region in the file: its name, or its name with ids of its own. */
const FallbackRegion = z.union([
  z.string(),
  z.strictObject({
    aws_region: z.string(),
    ami_id: z.string().optional(),
    subnet_id: OneOrSeveral.optional(),
    security_group_id: z.string().optional(),
    capacity_reservation_id: z.string().optional(),
  }),
])

const PARAMETER_SHAPE = toOptionalShape(
  Object.fromEntries(ALL_PARAMETERS.map(({ name, parameter }) => [name, parameter])) as Record<
    ParameterName,
    Parameter
  >,
)

/** One configuration file for everything that a workflow sets; unknown members are refused. */
export const BenchFile = z
  .strictObject({
    aws_region: z.string(),
    fallback_regions: z.array(FallbackRegion),
    instance_type: OneOrSeveral,
    ami_id: z.string(),
    subnet_id: OneOrSeveral,
    security_group_id: z.string(),
    capacity_reservation_id: z.string(),
    instance_profile_name: z.string(),
    spot: z.boolean(),
    on_reclaim: z.enum(RECLAIM_POLICIES),
    max_cost_usd: Ec2Settings.shape.maxCostUsd.unwrap(),
    root_volume_gib: Ec2Settings.shape.rootVolumeGib.unwrap(),
    agent_image: z.string(),
    workload_image: z.string(),
    api_base: z.string(),
    cluster_name: z.string(),
    workload: z.enum(WORKLOAD_NAMES),
    ...PARAMETER_SHAPE,
    trials: RunConfig.shape.trials.unwrap(),
    ttl_minutes: RunConfig.shape.ttlMinutes.unwrap(),
    provider: z.enum(CHOSEN_PROVIDERS),
    inventory: z.string(),
    host: z.string(),
  })
  .partial()
export type BenchFile = z.infer<typeof BenchFile>

/** Throws `CONFIGURATION_INVALID`, naming the member. */
export function readBenchFile(path: string | undefined): BenchFile {
  if (path === undefined) return {}
  const invalid = (reason: string, cause?: unknown) =>
    new RadixError(
      'CONFIGURATION_INVALID',
      {
        setting: '--config',
        value: path,
        reason,
        expected: 'a JSON file with the names of the specification (docs/EC2.md)',
      },
      { cause },
    )
  let json: unknown
  try {
    const maxCharacters = CLI_LIMITS.configurationFile.value
    json = readOutsideJson(readTextFile(path, maxCharacters), { maxCharacters })
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error), error)
  }
  const parsed = BenchFile.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (!issue || issue.path.length === 0) throw invalid(issue?.message ?? 'it does not match')
  const schema = BenchFile.shape[issue.path[0] as keyof BenchFile].unwrap()
  throw new RadixError('CONFIGURATION_INVALID', {
    setting: `${issue.path.join('.')} in ${path}`,
    value: JSON.stringify(valueAt(json, issue.path)) ?? 'absent',
    ...explainIssue(issue, schema),
  })
}

type Environment = Readonly<Record<string, string | undefined>>

/** Throws `CONFIGURATION_INVALID`, naming the flag, the variable or the member of the file that the value is from. */
export function toEc2Settings(options: Ec2Options, file: BenchFile, env: Environment): Ec2Settings {
  const sources: Record<string, string> = {}
  /** The first that was given; each is named by where it is from. */
  const first = <T>(setting: keyof Ec2Settings, ...candidates: (readonly [source: string, value: T | undefined])[]) => {
    const [source, value] = candidates.find(([, each]) => each !== undefined) ?? []
    if (source !== undefined) sources[setting] = source
    return value
  }
  const variable = (name: string) => [name, given(env[name])] as const
  const variableList = (name: string) => [name, listOf(given(env[name]))] as const
  const settings = {
    region: first(
      'region',
      ['--aws-region', options.awsRegion],
      variable('AWS_REGION'),
      variable('AWS_DEFAULT_REGION'),
      ['aws_region', file.aws_region],
    ),
    fallbackRegions: first<(string | z.infer<typeof FallbackRegion>)[]>(
      'fallbackRegions',
      ['--fallback-region', options.fallbackRegion?.map(readFallbackRegion)],
      variableList('BENCH_FALLBACK_REGIONS'),
      ['fallback_regions', file.fallback_regions],
    )?.map(toFallbackRegion),
    instanceTypes: first(
      'instanceTypes',
      ['--instance-type', options.instanceType],
      ['instance_type', listOf(file.instance_type)],
    ),
    amiId: first('amiId', ['--ami-id', options.amiId], variable('BENCH_AMI_ID'), ['ami_id', file.ami_id]),
    subnetIds: first('subnetIds', ['--subnet-id', options.subnetId], variableList('BENCH_SUBNET_ID'), [
      'subnet_id',
      listOf(file.subnet_id),
    ]),
    securityGroupId: first(
      'securityGroupId',
      ['--security-group-id', options.securityGroupId],
      variable('BENCH_SECURITY_GROUP_ID'),
      ['security_group_id', file.security_group_id],
    ),
    capacityReservationId: first(
      'capacityReservationId',
      ['--capacity-reservation-id', options.capacityReservationId],
      variable('BENCH_CAPACITY_RESERVATION_ID'),
      ['capacity_reservation_id', file.capacity_reservation_id],
    ),
    instanceProfileName: first(
      'instanceProfileName',
      ['--instance-profile-name', options.instanceProfileName],
      variable('BENCH_INSTANCE_PROFILE_NAME'),
      ['instance_profile_name', file.instance_profile_name],
    ),
    spot: options.spot ?? file.spot,
    maxCostUsd: first('maxCostUsd', ['--max-cost-usd', options.maxCostUsd], ['max_cost_usd', file.max_cost_usd]),
    rootVolumeGib: first(
      'rootVolumeGib',
      ['--root-volume-gib', options.rootVolumeGib],
      ['root_volume_gib', file.root_volume_gib],
    ),
    agentImage: first('agentImage', ['--agent-image', options.agentImage], variable('BENCH_AGENT_IMAGE'), [
      'agent_image',
      file.agent_image,
    ]),
    workloadImage: first(
      'workloadImage',
      ['--workload-image', options.workloadImage],
      ['workload_image', file.workload_image],
    ),
    // The specification's safety promise: what the workflow launches is found by this tag.
    managedBy: env.GITHUB_ACTIONS === 'true' ? 'github-actions' : undefined,
  }
  return parseEc2Settings(pickGiven(settings), sources)
}

/** A region's name; or, with ids of its own, the JSON that a configuration file has for it. */
function readFallbackRegion(text: string): z.infer<typeof FallbackRegion> {
  if (!text.startsWith('{')) return text
  try {
    return parseOutsideJson(text, FallbackRegion, { maxCharacters: CLI_LIMITS.settingText.value })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const expected = 'a region such as us-east-1, or {"aws_region": "us-east-1", "ami_id": "ami-…"}'
    const params = { setting: '--fallback-region', value: text, reason, expected }
    throw new RadixError('CONFIGURATION_INVALID', params, { cause: error })
  }
}

function toFallbackRegion(fallback: z.infer<typeof FallbackRegion>) {
  if (typeof fallback === 'string') return { region: fallback }
  const { aws_region, ami_id, subnet_id, security_group_id, capacity_reservation_id } = fallback
  const ids = {
    amiId: ami_id,
    subnetIds: listOf(subnet_id),
    securityGroupId: security_group_id,
    capacityReservationId: capacity_reservation_id,
  }
  return { region: aws_region, ...pickGiven(ids) }
}

/** Where the SDK would also look. Undefined if the environment names no region. */
export function regionOf(env: Environment): string | undefined {
  return given(env.AWS_REGION) ?? given(env.AWS_DEFAULT_REGION)
}

/** A secret that was not set comes as an empty string. */
function given(value: string | undefined): string | undefined {
  return value?.trim() ? value.trim() : undefined
}

function listOf(value: string | string[] | undefined): string[] | undefined {
  if (value === undefined) return undefined
  return (Array.isArray(value) ? value : value.split(',')).map((item) => item.trim()).filter(Boolean)
}
