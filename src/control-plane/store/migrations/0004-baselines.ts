/** What throughput is measured against, by name. */
export const name = '0004-baselines'

export const sql = `
create table baselines (
  tenant_id text not null,
  name text not null,
  document jsonb not null,
  created_at timestamptz not null default now(),
  set_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
create index baselines_newest on baselines (tenant_id, created_at desc, name desc);
`
