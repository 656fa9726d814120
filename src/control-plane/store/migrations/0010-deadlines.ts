/** When a job was asked to stop: an agent that does not do so in time loses it. */
export const name = '0010-deadlines'

export const sql = `
alter table jobs add column cancel_requested_at timestamptz;
create index jobs_finished on jobs (finished_at) where finished_at is not null;
create index runs_open on runs (deadline_at) where status in ('registered', 'running');
`
