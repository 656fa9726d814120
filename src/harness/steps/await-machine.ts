/** Waits until the machine runs; one that ends instead fails the run at once, with its own words. */
import { RadixError } from '../../errors/radix-error.ts'
import type { BootCause, Machine } from '../../providers/provider.ts'
import { done, type StepContext, type StepResult, skipped } from '../step.ts'
import { isSettling, pollUntil } from '../wait.ts'

export async function awaitMachine(context: StepContext): Promise<StepResult> {
  const machineId = context.facts.machine?.machineId
  if (!machineId) return skipped('the cluster has its machine')
  const { clock, signal } = context
  context.say(`waiting for machine ${machineId} to run`)
  const machine = await pollUntil(
    async () => {
      const seen = await lookAtMachine(context, machineId)
      return seen === 'unknown' || seen.state === 'pending' ? undefined : seen
    },
    { clock, signal },
  )
  if (!context.facts.machineRunningAt) context.record({ machineRunningAt: clock.now().toISOString() })
  return done(machine.stateDetail)
}

/** The machine as it is, or `unknown` when the provider cannot say now. Throws when the machine ended or is ending. */
export async function lookAtMachine(context: StepContext, machineId: string): Promise<Machine | 'unknown'> {
  let machine: Machine | undefined
  try {
    machine = await context.provider.describe(machineId)
  } catch (error) {
    context.logger.debug({ err: error, machine_id: machineId }, 'the machine could not be described')
    return 'unknown'
  }
  if (machine?.state === 'pending' || machine?.state === 'running') return machine
  if (!machine && isSettling(context)) return 'unknown'
  throw await machineEnded(
    context,
    machine?.stateDetail ?? `provider ${context.provider.name} does not know it any more`,
  )
}

async function machineEnded(context: StepContext, detail: string): Promise<RadixError> {
  const { machine } = context.facts
  const cause = await findBootCause(context)
  return new RadixError(
    'MACHINE_ENDED',
    {
      machine_id: machine?.machineId ?? 'unknown',
      state: detail,
      // How far it came says nothing of a machine that somebody else has ended.
      ...wordsOf(cause?.isCertain ? cause : null),
      log_path: machine?.logPath ?? 'not kept',
    },
    { details: { log_tail: await readLogTail(context) } },
  )
}

/** For the templates of errors: a sentence after others, and one before others. */
export function wordsOf(cause: BootCause | null): { likely_cause: string; remedy: string } {
  return cause
    ? { likely_cause: ` Likely cause: ${cause.cause}.`, remedy: `${cause.remedy} ` }
    : { likely_cause: '', remedy: '' }
}

export async function findBootCause(context: StepContext): Promise<BootCause | null> {
  const machineId = context.facts.machine?.machineId
  return machineId ? context.provider.findBootCause(machineId).catch(() => null) : null
}

const LOG_TAIL_LINES = 30

/** The last lines of the machine's log; empty when it has none or cannot be read. */
export async function readLogTail(context: StepContext): Promise<string> {
  const machineId = context.facts.machine?.machineId
  if (!machineId) return ''
  const log = await context.provider.readLog(machineId).catch(() => '')
  return log.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n')
}
