/** What things of ours are called in an AWS account: everything that finds, sweeps or forbids them goes by these names. */

/** Tags of instances and volumes. The reaper goes by them alone. */
export const TAG = {
  managedBy: 'ManagedBy',
  runId: 'radix:run-id',
  clusterName: 'radix:cluster',
  /** RFC 3339: nothing of ours lives longer. */
  deadline: 'radix:deadline',
  clientToken: 'radix:client-token',
  /** Of parameters: the instance that may read them. */
  instanceArn: 'radix:instance-arn',
  name: 'Name',
} as const

/** The value of `ManagedBy`. */
export const MANAGED_BY = 'radix'
/** What is launched by a workflow carries the second, as the specification promises. */
export const MANAGED_BY_VALUES = [MANAGED_BY, 'github-actions'] as const

/** What `radix aws init` makes: the names of the specification, where it has them. */
export const DEFAULT_NAMES = {
  securityGroup: 'radix-benchmark-sg',
  instanceRole: 'radix-benchmark-role',
  instanceProfile: 'radix-benchmark-instance-profile',
  githubRole: 'radix-benchmark-github',
  endpointSecurityGroup: 'radix-benchmark-endpoints',
} as const

/** What an earlier `radix aws init` made: found where there is nothing of the names above, and removed by `destroy`. */
export const EARLIER_NAMES = { securityGroup: 'radix-benchmark', instanceRole: 'radix-benchmark-instance' } as const

/** SSM parameters of all runs; an instance may read only those below its own run. */
export const PARAMETER_ROOT = '/radix/runs'

export function parameterName(runId: string, name: string): string {
  return `${PARAMETER_ROOT}/${runId}/${name}`
}
