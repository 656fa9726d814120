/** Every limit, by the part of the program that it belongs to: the source of docs/limits.md. */
import { AGENT_LIMITS } from './agent.ts'
import { API_LIMITS } from './api.ts'
import { CLI_LIMITS } from './cli.ts'
import { CONTROL_PLANE_LIMITS } from './control-plane.ts'
import { DASHBOARD_LIMITS } from './dashboard.ts'
import { EC2_LIMITS } from './ec2.ts'
import { HARNESS_LIMITS } from './harness.ts'
import { INTERVALS } from './intervals.ts'
import type { LimitTable } from './limit.ts'
import { PROVIDER_LIMITS } from './providers.ts'
import { RELAY_LIMITS } from './relay.ts'
import { SYSTEM_LIMITS } from './system.ts'
import { WORKLOAD_LIMITS } from './workload.ts'

export const ALL_LIMITS: Readonly<Record<string, LimitTable>> = {
  'Control plane': CONTROL_PLANE_LIMITS,
  API: API_LIMITS,
  Agent: AGENT_LIMITS,
  Workloads: WORKLOAD_LIMITS,
  Harness: HARNESS_LIMITS,
  Providers: PROVIDER_LIMITS,
  EC2: EC2_LIMITS,
  Relay: RELAY_LIMITS,
  'Command line and Action': CLI_LIMITS,
  Dashboard: DASHBOARD_LIMITS,
  'This host': SYSTEM_LIMITS,
  Intervals: INTERVALS,
}
