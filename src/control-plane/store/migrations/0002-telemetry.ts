/** API keys and observations. */
export const name = '0002-telemetry'

export const sql = `
create table api_keys (
  api_key_id text primary key,
  tenant_id text not null,
  name text not null,
  prefix text not null,
  key_hash bytea not null unique,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_newest on api_keys (tenant_id, created_at desc, api_key_id desc);

create table observations (
  observation_id text primary key,
  tenant_id text not null,
  job_id text not null,
  job_type text not null,
  gpu_type text not null,
  features jsonb not null,
  actual_runtime double precision not null,
  success boolean not null,
  colocated_job_types jsonb not null default '[]',
  created_at timestamptz not null default now(),
  unique (tenant_id, job_id)
);
create index observations_pair on observations (tenant_id, job_type, gpu_type, created_at desc, observation_id desc);
create index observations_job_type on observations (tenant_id, job_type, created_at desc, observation_id desc);
`
