/** Tokens of one run, and the GitHub tokens that were exchanged for them. */
export const name = '0003-run-tokens'

export const sql = `
create table run_tokens (
  token_hash bytea primary key,
  tenant_id text not null,
  run_id text not null,
  subject text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index run_tokens_expiry on run_tokens (expires_at);

create table used_github_tokens (
  token_id text primary key,
  expires_at timestamptz not null
);

alter table clusters add column run_id text;
`
