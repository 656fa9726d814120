/** What each run measured, apart from its evidence, for lists and trends; and what reapers saw last. */
export const name = '0007-measurements'

/**
 * What is stored for evidence that is there already is what `evidence/measurements.ts` stores for what comes. Any object was
 * taken as evidence: what has another shape is left out, and must not keep the server from starting.
 */
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

do $$
declare
  stored record;
begin
  for stored in select tenant_id, run_id from run_evidence loop
    begin
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
        (throughput->'n')::integer, (throughput->'mean')::double precision,
        nullif(throughput->'confidence_interval_95'->'low', 'null')::double precision,
        nullif(throughput->'confidence_interval_95'->'high', 'null')::double precision,
        nullif(document->'cost'->'images_per_usd', 'null')::double precision,
        nullif(document->'cost'->'machine_usd', 'null')::double precision,
        document->'verdict'->>'level'
      from run_evidence as evidence
      cross join lateral (
        select document->'request' as request, document->'results'->'throughput_images_per_sec' as throughput,
          (select trial->'result' from jsonb_array_elements(document->'results'->'trials') with ordinality as each(trial, number)
           where trial->'result' <> 'null' order by number limit 1) as first) as parts
      where evidence.tenant_id = stored.tenant_id and evidence.run_id = stored.run_id
        and jsonb_typeof(throughput) = 'object' and jsonb_typeof(first) = 'object'
        and document->>'started_at' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}'
        and document->'verdict'->>'level' in ('valid', 'suspect', 'invalid')
        and jsonb_typeof(first->'precision') = 'object'
        and 'string' = all (array[jsonb_typeof(request->'job_kind'), jsonb_typeof(first->'recipe'),
          jsonb_typeof(first->'workload'->'name'), jsonb_typeof(first->'workload'->'version'),
          jsonb_typeof(first->'device'->'type'), jsonb_typeof(first->'device'->'name')])
        and 'number' = all (array[jsonb_typeof(request->'parameters'->'batch_size'),
          jsonb_typeof(request->'parameters'->'image_size'), jsonb_typeof(request->'parameters'->'epochs'),
          jsonb_typeof(request->'parameters'->'steps_per_epoch'), jsonb_typeof(request->'parameters'->'warmup_steps')]);
    exception
      -- No time, no number, no list where one was expected.
      when data_exception or integrity_constraint_violation then null;
    end;
  end loop;
end $$;

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
