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
