/** The handlers of all routes. */

import { agentProgramHandlers } from './agent-program/routes.ts'
import { auditHandlers } from './audit/routes.ts'
import { apiKeyHandlers } from './auth/api-key-routes.ts'
import { authHandlers } from './auth/routes.ts'
import { budgetHandlers } from './budgets/routes.ts'
import { clusterHandlers } from './clusters/routes.ts'
import { baselineHandlers } from './evidence/baseline-routes.ts'
import { evidenceHandlers } from './evidence/routes.ts'
import type { Handlers } from './handler.ts'
import { agentHandlers } from './jobs/agent-routes.ts'
import { jobHandlers } from './jobs/routes.ts'
import { machineHandlers } from './machines/routes.ts'
import { memberHandlers } from './members/routes.ts'
import { runHandlers } from './runs/routes.ts'
import { systemHandlers } from './system-routes.ts'
import { telemetryHandlers } from './telemetry/routes.ts'
import { webhookHandlers } from './webhooks/routes.ts'

export const HANDLERS: Handlers = {
  ...authHandlers,
  ...memberHandlers,
  ...auditHandlers,
  ...webhookHandlers,
  ...clusterHandlers,
  ...agentHandlers,
  ...agentProgramHandlers,
  ...jobHandlers,
  ...runHandlers,
  ...evidenceHandlers,
  ...baselineHandlers,
  ...machineHandlers,
  ...budgetHandlers,
  ...apiKeyHandlers,
  ...telemetryHandlers,
  ...systemHandlers,
}
