/** A number carries its unit, and a benchmark its workload: there is more than one. */
export const name = '0014-rates'

/**
 * Everything that is stored measured images per second. Baselines and what jobs report are not signed here, so they are
 * rewritten; evidence is, and is read as it stands. So are the many events of jobs, which would take long to rewrite. Series
 * keep their ids: nothing that makes one up has changed.
 */
export const sql = `
alter table measurements rename column throughput_images_per_sec to throughput;
alter table measurements rename column images_per_usd to work_per_usd;
alter table measurements
  add column throughput_unit text,
  drop constraint measurements_complete;
update measurements set throughput_unit = 'images/s' where throughput is not null;
alter table measurements
  add constraint measurements_complete check (conditions is null or num_nulls(measured_at, device_type, device_name,
    trials, throughput, throughput_unit) = 0);

alter table benchmark_requests add column workload text not null default 'resnet50';
alter table benchmark_requests alter column workload drop default;

update baselines set document = (document - 'throughputs_images_per_sec') || jsonb_build_object(
  'schema', 'radix.baseline/v2', 'unit', 'images/s', 'throughputs', document->'throughputs_images_per_sec')
where document->>'schema' = 'radix.baseline/v1';

update jobs set metrics = (metrics - 'throughput_images_per_sec') || case
  when jsonb_typeof(metrics->'throughput_images_per_sec') = 'number' then jsonb_build_object(
    'throughput', jsonb_build_object('value', metrics->'throughput_images_per_sec', 'unit', 'images/s'))
  else '{}'::jsonb end
where metrics ? 'throughput_images_per_sec';

update jobs set progress = (progress - 'images_per_second') || jsonb_build_object('schema', 'radix.progress/v2', 'throughput',
  case when jsonb_typeof(progress->'images_per_second') = 'number'
    then jsonb_build_object('value', progress->'images_per_second', 'unit', 'images/s') end)
where progress->>'schema' = 'radix.progress/v1';
`
