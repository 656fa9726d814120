/** What each run measured, apart from its evidence, for lists and trends; and what reapers saw last. */
export const name = '0007-measurements'

/** What is stored for evidence that is there already is what `services/measurements.ts` stores for what comes. */
export const sql = `
create table measurements (
  tenant_id text not null,
  run_id text not null,
  measured_at timestamptz not null,
  conditions jsonb not null,
  recipe text not null,
  device_type text not null,
  device_name text not null,
  instance_type text,
  trials integer not null,
  throughput_images_per_sec double precision not null,
  throughput_low double precision,
  throughput_high double precision,
  images_per_usd double precision,
  machine_usd double precision,
  verdict text not null,
  series_id text generated always as (md5(conditions::text || device_name || coalesce(' ' || instance_type, ''))) stored,
  primary key (tenant_id, run_id),
  foreign key (tenant_id, run_id) references runs
);
create index measurements_newest on measurements (tenant_id, series_id, measured_at desc, run_id desc);

insert into measurements (tenant_id, run_id, measured_at, conditions, recipe, device_type, device_name, instance_type, trials,
  throughput_images_per_sec, throughput_low, throughput_high, images_per_usd, machine_usd, verdict)
select evidence.tenant_id, evidence.run_id, (document->>'started_at')::timestamptz,
  jsonb_build_object(
    'job_kind', request->'job_kind',
    'workload', jsonb_build_object('name', first->'workload'->'name', 'version', first->'workload'->'version'),
    'recipe', first->'recipe',
    'precision', (first->'precision') - 'notes',
    'parameters', jsonb_build_object(
      'batch_size', request->'parameters'->'batch_size',
      'image_size', request->'parameters'->'image_size',
      'epochs', request->'parameters'->'epochs',
      'steps_per_epoch', request->'parameters'->'steps_per_epoch',
      'warmup_steps', request->'parameters'->'warmup_steps')),
  first->>'recipe', first->'device'->>'type', first->'device'->>'name',
  document->'environment'->'machine'->>'instance_type',
  (throughput->>'n')::integer, (throughput->>'mean')::double precision,
  (throughput->'confidence_interval_95'->>'low')::double precision,
  (throughput->'confidence_interval_95'->>'high')::double precision,
  (document->'cost'->>'images_per_usd')::double precision,
  (document->'cost'->>'machine_usd')::double precision,
  document->'verdict'->>'level'
from run_evidence as evidence
cross join lateral (
  select document->'request' as request, document->'results'->'throughput_images_per_sec' as throughput,
    (select trial->'result' from jsonb_array_elements(document->'results'->'trials') with ordinality as each(trial, number)
     where trial->'result' <> 'null' order by number limit 1) as first) as parts
where jsonb_typeof(throughput) = 'object' and first is not null;

create index runs_with_machine on runs (tenant_id, created_at desc)
  where machine->>'state' in ('pending', 'running', 'terminating');

create table reapers (
  tenant_id text not null,
  name text not null,
  report jsonb not null,
  last_success_at timestamptz,
  received_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
`
