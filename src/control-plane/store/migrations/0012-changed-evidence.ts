/** A run measured what its stored evidence says: when that changes, what was taken out of it goes. */
export const name = '0012-changed-evidence'

/**
 * The service verifies evidence, stores it and then takes out of it what the run measured, in one transaction. Any other
 * change of the stored document leaves nothing, so that trends and lists show no number of unverified evidence.
 */
export const sql = `
create function forget_measurement() returns trigger language plpgsql as $$
begin
  delete from measurements where tenant_id = old.tenant_id and run_id = old.run_id;
  update runs set verdict = null, throughput_images_per_sec = null, duration_seconds = null
    where tenant_id = old.tenant_id and run_id = old.run_id;
  return null;
end $$;
create trigger evidence_changed after update or delete on run_evidence
  for each row execute function forget_measurement();
`
