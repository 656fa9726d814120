/** Roles: of members, of a tenant's other users, and of keys, sessions and tokens. All that exists keeps its rights. */
export const name = '0016-roles'

export const sql = `
create table members (
  member_id text primary key,
  tenant_id text not null,
  principal text not null,
  subject text not null,
  role text,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  unique (tenant_id, principal)
);
create index members_by_tenant on members (tenant_id, created_at, member_id);
create index members_without_role on members (last_seen_at) where role is null;

create table default_roles (
  tenant_id text primary key,
  role text not null,
  set_at timestamptz not null default now()
);

alter table api_keys add column role text not null default 'operator';
alter table run_tokens add column role text not null default 'operator';
alter table sessions add column principal text, add column max_role text not null default 'admin';
alter table sign_in_links add column principal text, add column max_role text not null default 'admin';
`
