/** Live machines and reapers, for users and reapers. */

import type { HandlersOf } from '../handler.ts'
import * as machines from './machines.ts'
import * as reapers from './reapers.ts'

export const machineHandlers: HandlersOf<'machines'> = {
  listMachines: async ({ identity }, { db }) => ({ items: await machines.listAliveMachines(db, identity.tenantId) }),
  putReaperReport: ({ identity, params, body }, app) =>
    reapers.putReaperReport(app, identity.tenantId, params.name, body),
  listReapers: async ({ identity }, { db }) => ({ items: await reapers.listReapers(db, identity.tenantId) }),
  forgetReaper: ({ identity, params }, app) => reapers.forgetReaper(app, identity.tenantId, params.name),
}
