/** Observing and scoring, by API key. */

import type { HandlersOf } from '../handler.ts'
import { insertObservation } from './observe.ts'
import { scoreCandidates } from './score.ts'

export const telemetryHandlers: HandlersOf<'telemetry'> = {
  observe: ({ identity, body }, { db }) => insertObservation(db, identity.tenantId, body),
  score: ({ identity, body }, app) => scoreCandidates(app, identity.tenantId, body),
}
