/** The user data of an instance: `bootstrap.sh` with its values in front. Holds no secret: everybody on the instance can read it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface UserDataOptions {
  apiBase: string
  clusterId: string
  runId: string
  machineId: string
  /** The dead-man timer fires then. */
  deadlineAt: Date
  region: string
  /** The SSM parameter that holds the onboarding token. */
  onboardingParameterName: string
  agentImage: string
  /** Null: jobs run as processes, in the PyTorch of the machine image. */
  workloadImage: string | null
}

/** EC2 takes no more. */
const MAXIMUM_BYTES = 16_384

export function renderUserData(options: UserDataOptions): string {
  const values = {
    RADIX_DEADLINE_SECONDS: Math.floor(options.deadlineAt.getTime() / 1000),
    RADIX_AGENT_DEADLINE: options.deadlineAt.toISOString(),
    RADIX_API_BASE: options.apiBase,
    RADIX_CLUSTER_ID: options.clusterId,
    RADIX_RUN_ID: options.runId,
    RADIX_MACHINE_ID: options.machineId,
    RADIX_REGION: options.region,
    RADIX_TOKEN_PARAMETER: options.onboardingParameterName,
    RADIX_AGENT_IMAGE: options.agentImage,
    RADIX_WORKLOAD_IMAGE: options.workloadImage ?? '',
  }
  const assignments = Object.entries(values).map(([name, value]) => `${name}=${quote(String(value))}`)
  const script = readFileSync(join(import.meta.dirname, 'bootstrap.sh'), 'utf8')
  const userData = `#!/bin/bash\n${assignments.join('\n')}\n${script}`
  if (Buffer.byteLength(userData) > MAXIMUM_BYTES) throw new RangeError('the user data is longer than EC2 takes')
  return userData
}

/** Nothing within single quotes means anything to the shell. */
function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`
}
