/** What follows when a provider takes a machine back during a run: by choice, another run. A reclaimed run stays failed. */
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import type { RunConfig } from '../../harness/config.ts'
import type { RunOutcome } from '../../harness/events.ts'
import type { ReclaimPolicy } from '../shared/ec2-options.ts'

interface RetryOptions {
  config: RunConfig
  policy: ReclaimPolicy
  /** Starts a run of its own; `isRetry` for all but the first. */
  start(config: RunConfig, isRetry: boolean): Promise<RunOutcome>
  say(message: string): void
}

/** Answers with the outcome of the last run. No run begins before the machine of the last one is known to be terminated. */
export async function retryReclaimed({ config, policy, start, say }: RetryOptions): Promise<RunOutcome> {
  const limit = policy === 'fail' ? 0 : CLI_LIMITS.reclaimRetries.value
  const retried = policy === 'retry-on-demand' ? { ...config, machine: { ...config.machine, spot: false } } : config
  let outcome = await start(config, false)
  for (let retry = 1; retry <= limit && isReclaimed(outcome); retry++) {
    const market = policy === 'retry-on-demand' ? ' on an on-demand machine' : ''
    say(`AWS took the machine of run ${outcome.run_id} back. Starting another run${market} (${retry} of ${limit}).`)
    outcome = await start(retried, true)
  }
  return outcome
}

function isReclaimed({ status, error, termination }: RunOutcome): boolean {
  return status === 'failed' && error?.code === 'MACHINE_RECLAIMED' && termination.confirmed
}
