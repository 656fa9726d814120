/** What a look at a host means for a machine. Pure. */
import { printableLine } from '../../core/printable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { type HostAnswer, parseLease } from './host-script.ts'

export interface Look {
  /** `ended`: only things are left that hold nothing (a folder, the keeper, the lease). */
  state: 'pending' | 'running' | 'ended' | 'gone'
  detail: string
}

/** What a look at the host means. A living process counts before everything else. */
export function judge(answer: HostAnswer, runId: string): Look {
  const pids = answer.all('pid')
  const keepers = answer.all('keeper')
  const phase = answer.first('phase')
  if (pids.length > 0) return runningAs(pids)
  if (phase === 'started' && keepers.length > 0) return { state: 'running', detail: 'the agent is starting' }
  if (phase === 'installing') return { state: 'pending', detail: 'the agent is being copied there' }
  if (phase !== undefined) return { state: 'ended', detail: 'its folder is still there' }
  if (keepers.length > 0) return { state: 'ended', detail: `its keeper is still there (pid ${keepers.join(', ')})` }
  // The lease stays for another machine of the run.
  const isLeased = parseLease(answer.first('lease') ?? '')?.runId === runId
  if (isLeased && answer.first('run_folder') === undefined)
    return { state: 'ended', detail: 'its lease is still there' }
  return { state: 'gone', detail: '' }
}

export function runningAs(pids: readonly string[]): Look {
  return { state: 'running', detail: `pid ${pids.join(', ')}` }
}

const REMEDIES = {
  blind: 'Check that /proc is mounted on the host and shows the processes of its user.',
  failed: 'Another command of Radix may still be changing the host. Run this one again.',
}

/** Throws if the host could not look: that is not a look that found nothing. */
export function refuseBlind(answer: HostAnswer, host: string): void {
  for (const word of ['blind', 'failed'] as const) {
    const reason = answer.first(word)
    if (reason === undefined) continue
    throw new RadixError('SSH_HOST_UNSUITABLE', { host, reason: printableLine(reason), remedy: REMEDIES[word] })
  }
}
