/** Webhooks, and the outbox of their deliveries. */
export const name = '0018-webhooks'

export const sql = `
create table webhooks (
  webhook_id text primary key,
  tenant_id text not null,
  url text not null,
  events text[] not null,
  format text not null,
  secret text not null,
  created_at timestamptz not null default now()
);
create index webhooks_by_tenant on webhooks (tenant_id, created_at, webhook_id);

create table webhook_deliveries (
  delivery_id text primary key,
  webhook_id text not null references webhooks on delete cascade,
  event text not null,
  event_key text not null,
  body text not null,
  status text not null default 'pending',
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  attempted_at timestamptz,
  next_attempt_at timestamptz not null default now(),
  claimed_until timestamptz,
  response_status integer,
  error text,
  unique (webhook_id, event_key)
);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where status = 'pending';
create index webhook_deliveries_by_webhook on webhook_deliveries (webhook_id, created_at, delivery_id);
`
