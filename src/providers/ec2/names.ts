/** The names of Radix's resources in an AWS account. Everything that finds, sweeps or forbids them uses these names. */

/** Tags of instances and volumes. The reaper uses only these. */
export const TAG = {
  managedBy: 'ManagedBy',
  runId: 'radix:run-id',
  clusterName: 'radix:cluster',
  /** RFC 3339: no resource of Radix may live longer. */
  deadline: 'radix:deadline',
  clientToken: 'radix:client-token',
  /** Of parameters: the instance that may read them. */
  instanceArn: 'radix:instance-arn',
  name: 'Name',
} as const

/** The value of `ManagedBy`. */
export const MANAGED_BY = 'radix'
/** Machines launched by a workflow carry the second value, as the specification promises. */
export const MANAGED_BY_VALUES = [MANAGED_BY, 'github-actions'] as const

/** What `radix aws init` creates, with the names of the specification where it has them. */
export const DEFAULT_NAMES = {
  securityGroup: 'radix-benchmark-sg',
  instanceRole: 'radix-benchmark-role',
  instanceProfile: 'radix-benchmark-instance-profile',
  githubRole: 'radix-benchmark-github',
  endpointSecurityGroup: 'radix-benchmark-endpoints',
} as const

/** What an earlier `radix aws init` created: used if nothing has the names above, and removed by `destroy`. */
export const EARLIER_NAMES = { securityGroup: 'radix-benchmark', instanceRole: 'radix-benchmark-instance' } as const

/** SSM parameters of all runs; an instance may read only those below its own run. */
export const PARAMETER_ROOT = '/radix/runs'

export function parameterName(runId: string, name: string): string {
  return `${PARAMETER_ROOT}/${runId}/${name}`
}

/** One bucket for each relay. Its name says whose it is, so that it is found, and never taken for another's. */
export const RELAY_BUCKET_PREFIX = 'radix-relay-'

/** `ownerId`: the id of the run, or of the cluster where there is no run. */
export function relayBucketName(ownerId: string, region: string): string {
  return `${RELAY_BUCKET_PREFIX}${ownerId.replace('_', '-')}-${region}`
}

/** The owner of a bucket with such a name in the region; undefined for every other name. */
export function ownerOfRelayBucket(bucket: string, region: string): string | undefined {
  const end = `-${region}`
  if (!bucket.startsWith(RELAY_BUCKET_PREFIX) || !bucket.endsWith(end)) return undefined
  const [, prefix, rest] = /^(run|cl)-([0-9a-z]{26})$/.exec(bucket.slice(RELAY_BUCKET_PREFIX.length, -end.length)) ?? []
  return rest === undefined ? undefined : `${prefix}_${rest}`
}
