/** The settings of provider `ec2`: the `machine` member of a run's configuration. */
import { z } from 'zod'
import { explainIssue, valueAt } from '../../contract/bounds.ts'
import { invalidSetting } from '../../errors/invalid-setting.ts'
import { DEFAULT_NAMES } from './names.ts'

const Id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `an id such as ${prefix}-0123456789abcdef0`)

const Region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region such as us-west-2')

/** Images and networks belong to one region. */
const RegionalIds = {
  /** Absent: the newest Deep Learning AMI of the region. */
  amiId: Id('ami').optional(),
  /** Tried in this order, one zone each. Absent: the default VPC's. */
  subnetIds: z.array(Id('subnet')).default([]),
  /** Absent: the one that `radix aws init` created. */
  securityGroupId: Id('sg').optional(),
  /** A Capacity Reservation or Capacity Block to launch into. Nothing else is tried in its region. */
  capacityReservationId: Id('cr').optional(),
}

export const Ec2Settings = z.strictObject({
  region: Region.default('us-west-2'),
  ...RegionalIds,
  /** Tried in this order if no earlier region has capacity. The ids above do not apply there. */
  fallbackRegions: z.array(z.strictObject({ region: Region, ...RegionalIds })).default([]),
  /** Tried in this order. */
  instanceTypes: z
    .array(z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'a type such as g5.2xlarge'))
    .min(1)
    .default(['g5.2xlarge']),
  instanceProfileName: z.string().min(1).max(128).default(DEFAULT_NAMES.instanceProfile),
  /** Spot first; on-demand if there is no spot capacity. */
  spot: z.boolean().default(false),
  /** The run does not start if it could cost more by its deadline. */
  maxCostUsd: z.number().positive().max(1_000_000).optional(),
  /** Holds the AMI, and any images. */
  rootVolumeGib: z.number().int().min(20).max(2000).default(100),
  /** Null: the control plane hands out the agent. */
  agentImage: z.string().min(1).nullable().default(null),
  /** Null: the workload runs in the AMI's own PyTorch. */
  workloadImage: z.string().min(1).nullable().default(null),
  /** The value of the tag `ManagedBy`. */
  managedBy: z.string().min(1).max(64).default('radix'),
})
export type Ec2Settings = z.infer<typeof Ec2Settings>

/**
 * Throws `CONFIGURATION_INVALID` for the first invalid member, named by where the user gave it if `sources` has that.
 */
export function parseEc2Settings(input: unknown, sources: Readonly<Record<string, string>> = {}): Ec2Settings {
  const parsed = Ec2Settings.safeParse(input)
  const nameOf = (path: readonly PropertyKey[]) => sources[String(path[0])] ?? (path.join('.') || 'machine')
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const given = JSON.stringify(valueAt(input, issue?.path ?? [])) ?? 'absent'
    const { reason, expected } = explainIssue(issue)
    throw invalidSetting(nameOf(issue?.path ?? []), given, reason, expected)
  }
  if (parsed.data.spot && splitByRegion(parsed.data).some((each) => each.capacityReservationId)) {
    throw invalidSetting(
      nameOf(['spot']),
      'true',
      'a reservation has no spot machines',
      'no `--spot` with a reservation',
    )
  }
  const regions = splitByRegion(parsed.data).map(({ region }) => region)
  const repeated = regions.find((region, index) => regions.indexOf(region) !== index)
  if (!repeated) return parsed.data
  const reason = `${repeated} is listed twice`
  throw invalidSetting(
    nameOf(['fallbackRegions']),
    regions.slice(1).join(', '),
    reason,
    'regions that are not tried already',
  )
}

/** The settings of each region separately, in the order in which the regions are tried. */
export function splitByRegion({ fallbackRegions, ...first }: Ec2Settings): Ec2Settings[] {
  const { amiId: _ami, securityGroupId: _group, capacityReservationId: _reservation, ...shared } = first
  return [first, ...fallbackRegions.map((fallback) => ({ ...shared, ...fallback }))].map((settings) => ({
    ...settings,
    fallbackRegions: [],
  }))
}
