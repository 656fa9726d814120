/** Sign-ins of browsers: sessions, and the links that open one. */
export const name = '0005-sessions'

export const sql = `
create table sessions (
  session_hash bytea primary key,
  tenant_id text not null,
  subject text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index sessions_expiry on sessions (expires_at);

create table sign_in_links (
  code_hash bytea primary key,
  tenant_id text not null,
  subject text not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
`
