/** A thread of benchmarks that does not survive any: in the place of `thread.ts`, for tests. */
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', () => {
  throw new Error('out of luck')
})
