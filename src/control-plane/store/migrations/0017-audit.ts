/** The audit log: rows are only added. Retention deletes them, and not before they are 30 days old. */
export const name = '0017-audit'

export const sql = `
create table audit_events (
  audit_id text primary key,
  tenant_id text not null,
  created_at timestamptz not null default now(),
  actor text not null,
  actor_kind text not null,
  principal text,
  role text,
  action text not null,
  target text,
  details jsonb not null,
  request_id text not null,
  address text not null
);
create index audit_events_by_tenant on audit_events (tenant_id, created_at, audit_id);
create index audit_events_by_age on audit_events (created_at);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and old.created_at < now() - interval '30 days' then return old; end if;
  raise exception 'the audit log is append-only';
end $$;
create trigger audit_events_row before update or delete on audit_events
  for each row execute function refuse_audit_change();
create trigger audit_events_truncate before truncate on audit_events
  for each statement execute function refuse_audit_change();
`
