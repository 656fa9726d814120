/** graphile-worker, a job queue on PostgreSQL: add → start latency, and claim + complete per second, one by one. */
import { Logger, type Runner, run, runMigrations } from 'graphile-worker'
import pg from 'pg'

const silent = new Logger(() => () => {})

export interface Graphile {
  /** From calling `addJob` to the task's first instruction, in ms. */
  measureStart(): Promise<number>
  /** Jobs per second, from the first start to the last completion being stored. */
  drain(jobCount: number, concurrency: number): Promise<number>
  close(): Promise<void>
}

/** `concurrency` is that of the runner that waits for single jobs. */
export async function openGraphile(connection: pg.ClientConfig, concurrency: number): Promise<Graphile> {
  const pool = new pg.Pool({ ...connection, max: concurrency + 2 })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const options = { pgPool: pool, logger: silent }
  await runMigrations(options)
  const starts = new Map<string, (nowMs: number) => void>()
  let waiting: Runner | undefined

  async function startWaiting(): Promise<Runner> {
    const task = (payload: unknown) => starts.get(String(payload))?.(performance.now())
    return run({ ...options, concurrency, noHandleSignals: true, taskList: { wait: task } })
  }

  return {
    async measureStart() {
      waiting ??= await startWaiting()
      const key = crypto.randomUUID()
      const started = new Promise<number>((resolve) => starts.set(key, resolve))
      const addedMs = performance.now()
      await waiting.addJob('wait', key)
      const startedMs = await started
      starts.delete(key)
      return startedMs - addedMs
    },
    async drain(jobCount, drainConcurrency) {
      await waiting?.stop()
      waiting = undefined
      await pool.query(
        `select graphile_worker.add_job('drain', json_build_object('number', number)) from generate_series(1, $1) number`,
        [jobCount],
      )
      return drainJobs(jobCount, drainConcurrency)
    },
    async close() {
      await waiting?.stop()
      await pool.end()
    },
  }

  async function drainJobs(jobCount: number, drainConcurrency: number): Promise<number> {
    let startedMs = 0
    let completed = 0
    const runner = await run({ ...options, concurrency: drainConcurrency, noHandleSignals: true, taskList: { drain } })
    function drain() {
      startedMs ||= performance.now()
    }
    const elapsedMs = await new Promise<number>((resolve) => {
      runner.events.on('job:complete', () => {
        if (++completed === jobCount) resolve(performance.now() - startedMs)
      })
    })
    await runner.stop()
    return (jobCount / elapsedMs) * 1000
  }
}
