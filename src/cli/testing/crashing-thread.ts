/** A thread that crashes at every benchmark: replaces `thread.ts` in tests. */
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', () => {
  throw new Error('out of luck')
})
