/**
 * A worker thread that contends for locks like a process: in each round it waits for the others, tries to
 * take the lock of that round, and counts a success.
 */
import { join } from 'node:path'
import { workerData } from 'node:worker_threads'
import { ABSENT, found } from '../../core/lookup.ts'
import { acquireLock } from '../lock-file.ts'
import type { ProcessIdentity } from '../process-table.ts'

export interface ContenderData {
  directory: string
  pid: number
  rounds: number
  contenders: number
  /** One counter of arrivals per round, then one of winners per round. */
  counters: Int32Array
}

const { directory, pid, rounds, contenders, counters }: ContenderData = workerData

const processes = {
  self: () => ({ pid, startTime: 'now' }),
  find: (holder: ProcessIdentity) => (holder.startTime === 'now' ? found(holder) : ABSENT),
}

for (let round = 0; round < rounds; round++) {
  const arrived = Atomics.add(counters, round, 1) + 1
  if (arrived === contenders) Atomics.notify(counters, round)
  for (let seen = arrived; seen < contenders; seen = Atomics.load(counters, round)) Atomics.wait(counters, round, seen)
  try {
    acquireLock(join(directory, `lock-${round}`), () => new Error('held'), processes)
    Atomics.add(counters, rounds + round, 1)
  } catch (error) {
    if (!(error instanceof Error && error.message === 'held')) throw error
  }
}
