/** The hard cap of a tenant on what its machines may cost. */
export const name = '0015-budgets'

export const sql = `
create table budgets (
  tenant_id text primary key,
  per_day_usd double precision,
  per_month_usd double precision,
  set_at timestamptz not null default now()
);
-- A budget adds up the runs of a tenant since the beginning of a month.
create index runs_by_registration on runs (tenant_id, created_at);
`
