/** What is alive, for users and reapers. */
import * as machines from '../services/machines.ts'
import type { HandlersOf } from './handler.ts'

export const machineHandlers: HandlersOf<'machines'> = {
  listMachines: async ({ identity }, { db }) => ({ items: await machines.listAliveMachines(db, identity.tenantId) }),
  putReaperReport: ({ identity, params, body }, app) =>
    machines.putReaperReport(app, identity.tenantId, params.name, body),
  listReapers: async ({ identity }, { db }) => ({ items: await machines.listReapers(db, identity.tenantId) }),
}
