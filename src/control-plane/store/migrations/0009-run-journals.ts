/** Runs that servers carry out: a claim that expires, so that another server takes over, and the journal that it goes on from. */
export const name = '0009-run-journals'

export const sql = `
alter table benchmark_requests
  add column claim_epoch integer not null default 0,
  add column claimed_until timestamptz;
drop index benchmark_requests_open;
create index benchmark_requests_by_age on benchmark_requests (created_at);

create table run_journals (
  run_id text not null references benchmark_requests (run_id) on delete cascade,
  sequence integer not null,
  entry jsonb not null,
  primary key (run_id, sequence)
);
create table run_journal_facts (
  run_id text primary key references benchmark_requests (run_id) on delete cascade,
  facts text not null
);
`
