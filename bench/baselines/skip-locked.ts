/** The least that a queue on PostgreSQL can do: one `SKIP LOCKED` claim and one update, straight from a pool. */
import pg from 'pg'
import { runWorkers } from '../load.ts'

export interface SkipLockedQueue {
  /** Jobs per second. */
  drain(jobCount: number, concurrency: number): Promise<number>
  close(): Promise<void>
}

const TABLE = `
  create table raw_jobs (
    id bigint generated always as identity primary key,
    status text not null default 'queued',
    payload jsonb not null,
    finished_at timestamptz
  );
  create index raw_jobs_queued on raw_jobs (id) where status = 'queued'`

const CLAIM = `
  update raw_jobs set status = 'running'
  where id = (select id from raw_jobs where status = 'queued' order by id limit 1 for update skip locked)
  returning id, payload`

const COMPLETE = `update raw_jobs set status = 'succeeded', finished_at = now() where id = $1`

export async function openSkipLockedQueue(connection: pg.ClientConfig, poolSize: number): Promise<SkipLockedQueue> {
  const pool = new pg.Pool({ ...connection, max: poolSize })
  pool.on('error', () => {})
  await pool.query(TABLE)
  return {
    async drain(jobCount, concurrency) {
      await pool.query(`insert into raw_jobs (payload) select '{}' from generate_series(1, $1)`, [jobCount])
      const elapsedSeconds = await runWorkers(concurrency, async () => {
        const { rows } = await pool.query(CLAIM)
        if (rows.length === 0) return false
        await pool.query(COMPLETE, [rows[0].id])
        return true
      })
      return jobCount / elapsedSeconds
    },
    close: () => pool.end(),
  }
}
