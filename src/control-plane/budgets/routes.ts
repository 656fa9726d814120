/** The budget of a tenant. */
import type { HandlersOf } from '../handler.ts'
import { getBudget, setBudget } from './budgets.ts'

export const budgetHandlers: HandlersOf<'budget'> = {
  getBudget: ({ identity }, { db }) => getBudget(db, identity.tenantId),
  setBudget: ({ identity, body }, { db }) => setBudget(db, identity.tenantId, body),
}
