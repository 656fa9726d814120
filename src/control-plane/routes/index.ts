/** The handlers of all routes. */
import { agentHandlers } from './agents.ts'
import { apiKeyHandlers } from './api-keys.ts'
import { authHandlers } from './auth.ts'
import { baselineHandlers } from './baselines.ts'
import { clusterHandlers } from './clusters.ts'
import type { Handlers } from './handler.ts'
import { jobHandlers } from './jobs.ts'
import { machineHandlers } from './machines.ts'
import { runHandlers } from './runs.ts'
import { systemHandlers } from './system.ts'
import { telemetryHandlers } from './telemetry.ts'

export const HANDLERS: Handlers = {
  ...authHandlers,
  ...clusterHandlers,
  ...agentHandlers,
  ...jobHandlers,
  ...runHandlers,
  ...baselineHandlers,
  ...machineHandlers,
  ...apiKeyHandlers,
  ...telemetryHandlers,
  ...systemHandlers,
}
