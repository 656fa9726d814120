/** What a run's evidence says in numbers is kept once: in `measurements`, no longer beside it in `runs`. */
export const name = '0013-one-summary'

/**
 * Evidence without a result has a row, too, for its verdict; without conditions it is in no series. A verdict or a number that
 * an earlier harness stated, of a run without evidence, is not kept.
 */
export const sql = `
alter table measurements
  alter column measured_at drop not null,
  alter column conditions drop not null,
  alter column recipe drop not null,
  alter column device_type drop not null,
  alter column device_name drop not null,
  alter column trials drop not null,
  alter column throughput_images_per_sec drop not null,
  add column duration_seconds double precision,
  add constraint measurements_complete check (conditions is null or num_nulls(measured_at, recipe, device_type, device_name,
    trials, throughput_images_per_sec) = 0);

insert into measurements (tenant_id, run_id, verdict, throughput_images_per_sec, duration_seconds)
select tenant_id, run_id, verdict, throughput_images_per_sec, duration_seconds
from runs join run_evidence using (tenant_id, run_id)
where verdict in ('valid', 'suspect', 'invalid')
on conflict (tenant_id, run_id) do update set duration_seconds = excluded.duration_seconds;

create or replace function forget_measurement() returns trigger language plpgsql as $$
begin
  delete from measurements where tenant_id = old.tenant_id and run_id = old.run_id;
  return null;
end $$;

alter table runs drop column verdict, drop column throughput_images_per_sec, drop column duration_seconds;
`
