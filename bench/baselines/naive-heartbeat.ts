/**
 * The heartbeat route that one would write first: one `UPDATE`, no token, no validation, no limit. Serves in a process
 * of its own, as the control plane does.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import fastify from 'fastify'
import pg from 'pg'

export interface NaiveServer {
  url: string
  close(): Promise<void>
}

export const NAIVE_POOL_SIZE = 10

/** Starts it on a new table with these clusters. */
export async function startNaiveServer(
  connection: pg.ClientConfig,
  clusterIds: readonly string[],
): Promise<NaiveServer> {
  const child = fork(import.meta.filename, [JSON.stringify(connection)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await createTable(connection, clusterIds)
  const [url] = await once(child, 'message')
  return { url: String(url), close: () => stop(child) }
}

async function createTable(connection: pg.ClientConfig, clusterIds: readonly string[]): Promise<void> {
  const client = new pg.Client(connection)
  await client.connect()
  await client.query(
    `create table naive_clusters (cluster_id text primary key, last_heartbeat_at timestamptz, capabilities jsonb)
     with (fillfactor = 80)`,
  )
  await client.query('insert into naive_clusters (cluster_id) select unnest($1::text[])', [clusterIds])
  await client.end()
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

async function serve(connection: pg.ClientConfig): Promise<void> {
  const pool = new pg.Pool({ ...connection, max: NAIVE_POOL_SIZE })
  const server = fastify()
  server.post<{ Params: { id: string }; Body: { capabilities: unknown } }>(
    '/clusters/:id/heartbeat',
    async (request) => {
      await pool.query('update naive_clusters set last_heartbeat_at = now(), capabilities = $2 where cluster_id = $1', [
        request.params.id,
        request.body.capabilities,
      ])
      return { status: 'active' }
    },
  )
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  // Ends with whoever started it.
  process.once('disconnect', () => process.exit(0))
  process.send?.(url)
}

if (import.meta.main) await serve(JSON.parse(process.argv[2] ?? '{}'))
