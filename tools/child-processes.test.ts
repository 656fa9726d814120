/** Other programs are run through src/system/run-program.ts, which bounds them. Each exception has its reason. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const SRC = join(import.meta.dirname, '..', 'src')
const ALLOWED: Record<string, string> = {
  'system/run-program.ts': 'the bounded way itself',
  'system/process-table.ts': 'must be synchronous; has a time-out and a cap of its own',
  'providers/local/start-agent.ts': 'an agent outlives its launcher',
  'providers/ssh/ssh-connection.ts': 'a connection that is held until its process ends',
  'agent/executors/process/process-executor.ts': 'a job runs until its own time limit',
  'agent/gpu/sampler.ts': 'a stream of samples, which ends with its job',
  'cli/shared/embedded-server.ts': 'a server that is followed until it ends',
  'control-plane/store/embedded-postgres.ts': 'a database that is followed until it ends',
  'control-plane/store/postgres-keeper.ts': 'ends the database with its server',
  'control-plane/store/postgres-process.ts': 'a database that is followed until it ends',
}

it('imports node:child_process nowhere else', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  const code = files.filter((name) => /\.ts$/.test(name) && !/\.test\.ts$|testsuite|\btesting\//.test(name))
  const users = code.filter((name) => /['"](node:)?child_process['"]/.test(readFileSync(join(SRC, name), 'utf8')))
  expect(users.toSorted()).toEqual(Object.keys(ALLOWED).toSorted())
})
