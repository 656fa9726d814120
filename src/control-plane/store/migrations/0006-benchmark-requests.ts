/** Benchmarks that somebody asked for by a click: runs that a server works off. */
export const name = '0006-benchmark-requests'

export const sql = `
create table benchmark_requests (
  run_id text primary key,
  tenant_id text not null,
  cluster_id text not null references clusters (cluster_id),
  subject text not null,
  params jsonb not null,
  trials integer not null,
  ttl_minutes double precision not null,
  created_at timestamptz not null default now(),
  claimed_by text
);
create index benchmark_requests_open on benchmark_requests (created_at) where claimed_by is null;

alter table run_tokens add column cluster_id text;
`
