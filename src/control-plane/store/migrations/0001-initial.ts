/** Clusters, tokens, jobs, events, runs, idempotency keys. */
export const name = '0001-initial'

export const sql = `
create table clusters (
  cluster_id text primary key,
  tenant_id text not null,
  name text not null,
  type text not null,
  status text not null default 'pending' check (status in ('pending', 'active', 'unreachable', 'archived')),
  status_changed_at timestamptz not null default now(),
  labels jsonb not null default '{}',
  capabilities jsonb,
  agent_version text,
  heartbeat_interval_seconds double precision,
  last_heartbeat_at timestamptz,
  created_at timestamptz not null default now(),
  archived_at timestamptz
) with (fillfactor = 80);
create index clusters_newest on clusters (tenant_id, created_at desc, cluster_id desc);
create index clusters_active on clusters (cluster_id) where status = 'active';

create table onboarding_tokens (
  token_hash bytea primary key,
  cluster_id text not null references clusters,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz
);
create index onboarding_tokens_cluster on onboarding_tokens (cluster_id);

create table cluster_tokens (
  token_hash bytea primary key,
  cluster_id text not null references clusters,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index cluster_tokens_cluster on cluster_tokens (cluster_id);

create table jobs (
  job_id text primary key,
  cluster_id text not null references clusters,
  tenant_id text not null,
  run_id text,
  job_kind text not null,
  params jsonb not null,
  status text not null default 'queued'
    check (status in ('queued', 'leased', 'running', 'succeeded', 'failed', 'cancelled', 'lost')),
  timeout_seconds integer not null,
  cancel_requested boolean not null default false,
  progress jsonb,
  metrics jsonb,
  output_payload jsonb,
  error_message text,
  error_code text,
  lease_epoch integer not null default 0,
  lease_token_hash bytea,
  lease_expires_at timestamptz,
  lease_is_legacy boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  leased_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz
) with (fillfactor = 70);
create index jobs_queued on jobs (cluster_id, created_at, job_id) where status = 'queued';
create index jobs_leased on jobs (lease_expires_at) where status in ('leased', 'running');
create index jobs_newest on jobs (cluster_id, created_at desc, job_id desc);

create table job_events (
  job_id text not null references jobs,
  sequence integer not null,
  at timestamptz not null,
  kind text not null,
  data jsonb not null,
  primary key (job_id, sequence)
);

create table runs (
  tenant_id text not null,
  run_id text not null,
  provider text not null,
  cluster_name text not null,
  cluster_id text,
  status text not null default 'registered'
    check (status in ('registered', 'running', 'succeeded', 'failed', 'cancelled', 'termination_unconfirmed')),
  parameters jsonb not null,
  labels jsonb not null default '{}',
  steps jsonb not null default '[]',
  machine jsonb,
  verdict text,
  throughput_images_per_sec double precision,
  duration_seconds double precision,
  error_code text,
  worst_case_cost_usd double precision,
  cancel_requested boolean not null default false,
  deadline_at timestamptz not null,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (tenant_id, run_id)
);
create index runs_newest on runs (tenant_id, created_at desc, run_id desc);

create table run_evidence (
  tenant_id text not null,
  run_id text not null,
  document jsonb not null,
  stored_at timestamptz not null default now(),
  primary key (tenant_id, run_id),
  foreign key (tenant_id, run_id) references runs
);

create table idempotency_keys (
  tenant_id text not null,
  route text not null,
  key text not null,
  request_hash bytea not null,
  answer jsonb not null default 'null',
  created_at timestamptz not null default now(),
  primary key (tenant_id, route, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);
`
