/** Live machines, according to the runs that launched them. */
import { sql } from 'kysely'
import type { AliveMachine } from '../../contract/schemas/machine.ts'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { Database } from '../store/database.ts'
import { takeFitting } from '../store/pagination.ts'
import { toIso } from '../store/wire.ts'

/** Machines that their runs have not reported as terminated, the oldest first. */
export async function listAliveMachines(db: Database, tenantId: string): Promise<AliveMachine[]> {
  const rows = await db
    .selectFrom('runs')
    .select([
      'run_id',
      'status',
      'provider',
      'cluster_name',
      'machine',
      'created_at',
      'deadline_at',
      'worst_case_cost_usd',
    ])
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`machine->>'state' in ('pending', 'running', 'terminating')`)
    // A machine of an existing cluster is not for Radix to terminate.
    .where('provider', '<>', 'existing')
    .orderBy('created_at')
    .limit(CONTROL_PLANE_LIMITS.listedMachines.value)
    .execute()
  const machines = rows.flatMap(({ machine, status, created_at, deadline_at, ...row }) =>
    machine
      ? [{ ...machine, ...row, run_status: status, run_created_at: toIso(created_at), deadline_at: toIso(deadline_at) }]
      : [],
  )
  return takeFitting(machines)
}
