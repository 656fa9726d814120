/** Observing and scoring, by API key. */
import { insertObservation } from '../services/telemetry/observe.ts'
import { scoreCandidates } from '../services/telemetry/score.ts'
import type { HandlersOf } from './handler.ts'

export const telemetryHandlers: HandlersOf<'telemetry'> = {
  observe: ({ identity, body }, { db }) => insertObservation(db, identity.tenantId, body),
  score: ({ identity, body }, app) => scoreCandidates(app, identity.tenantId, body),
}
