/** Looks for what webhooks tell that follows from time alone: machines past their deadline, reapers that are silent. */
import { sql } from 'kysely'
import { CONTROL_PLANE_LIMITS as LIMITS } from '../../core/limits/control-plane.ts'
import { MISSED_SWEEPS, SINGLE_SWEEP_SECONDS } from '../../core/reaper-schedule.ts'
import type { App } from '../app.ts'
import { findsAny } from '../store/statements.ts'
import { type Happening, hasRoom, raiseEvent } from './events.ts'

/** In characters. PostgreSQL indexes the key, and refuses a long one. */
const LONGEST_KEY = 300

interface Found {
  tenant_id: string
  key: string
  [member: string]: unknown
}

export async function watchForWebhooks(app: App): Promise<void> {
  if (!(await findsAny(app.db, sql`webhooks where true`))) return
  let raised = 0
  for (const row of await findOverdueMachines(app)) raised += await raise(app, row, toOverdue(row))
  for (const row of await findSilentReapers(app)) raised += await raise(app, row, toSilent(row))
  if (raised > 0) app.bus.publish('webhooks')
}

function raise(app: App, { tenant_id, key }: Found, happening: Omit<Happening, 'key'>): Promise<number> {
  return raiseEvent(app, app.db, tenant_id, { ...happening, key })
}

/**
 * Of tenants with such a webhook only, and only what it was not told of. A full outbox would be asked for again in each
 * sweep, before the events of other tenants.
 */
function isUntold(event: string, tenant: string, key: string) {
  return sql`exists (select from webhooks where webhooks.tenant_id = ${sql.ref(tenant)} and ${event} = any(events)
    and not exists (select from webhook_deliveries as told
      where told.webhook_id = webhooks.webhook_id and told.event_key = ${sql.ref(key)})
    and ${hasRoom(sql.ref('webhooks.webhook_id'))})`
}

/** What runs report as alive, and what reapers saw and could not remove. */
async function findOverdueMachines({ db }: App): Promise<Found[]> {
  const { rows } = await sql<Found>`
    with alive as (
      select tenant_id, machine->>'machine_id' as machine_id, run_id, machine->>'instance_type' as instance_type,
        provider, deadline_at, null as seen_by
      from runs where machine->>'state' in ('pending', 'running', 'terminating') and provider <> 'existing'
      union all
      select tenant_id, thing->>'id', thing->>'run_id', null, null, (thing->>'deadline_at')::timestamptz, name
      from reapers cross join lateral jsonb_array_elements(report->'things') as thing
      where thing->>'kind' = 'instance' and thing->>'outcome' in ('failed', 'over budget') and thing->>'deadline_at' is not null
        and not exists (select from runs where runs.tenant_id = reapers.tenant_id and runs.run_id = thing->>'run_id')
    ), overdue as (
      select *, 'machine:' || left(machine_id, ${LONGEST_KEY}) as key from alive
      where deadline_at < now() - make_interval(secs => ${LIMITS.machineOverdue.value / 1000})
    )
    select *, to_char(deadline_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as deadline from overdue
    where ${isUntold('machine.overdue', 'overdue.tenant_id', 'overdue.key')}
    order by deadline_at limit ${LIMITS.eventsAtOnce.value}`.execute(db)
  return rows
}

function toOverdue({ machine_id, run_id, instance_type, provider, deadline, seen_by }: Found): Omit<Happening, 'key'> {
  const what = instance_type ? `${machine_id} (${instance_type})` : String(machine_id)
  return {
    type: 'machine.overdue',
    text: `Machine ${what} of run ${run_id} is past its deadline (${deadline}) and not confirmed as terminated. It may cost money.`,
    page: '/machines',
    data: { machine_id, run_id, instance_type, provider, deadline_at: deadline, seen_by_reaper: seen_by },
  }
}

/** As the dashboard says: too many sweeps are missing since the last success. Each silence is told once. */
async function findSilentReapers({ db }: App): Promise<Found[]> {
  const { rows } = await sql<Found>`
    with silent as (
      select tenant_id, name, to_char(last_success_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as last_success,
        'reaper:' || name || ':' || coalesce(extract(epoch from last_success_at)::text, 'never') as key
      from reapers
      where coalesce(last_success_at, received_at) + make_interval(secs => ${MISSED_SWEEPS} *
        coalesce((report->>'interval_seconds')::double precision, ${SINGLE_SWEEP_SECONDS})) < now()
    )
    select * from silent where ${isUntold('reaper.silent', 'silent.tenant_id', 'silent.key')}
    order by tenant_id, name limit ${LIMITS.eventsAtOnce.value}`.execute(db)
  return rows
}

function toSilent({ name, last_success }: Found): Omit<Happening, 'key'> {
  const since = last_success === null ? 'It has never succeeded.' : `Its last successful sweep was at ${last_success}.`
  return {
    type: 'reaper.silent',
    text: `Reaper ${name} is silent. ${since} Machines that outlive their run are not removed.`,
    page: '/machines',
    data: { name, last_success_at: last_success },
  }
}
