/** Waits until the machine runs. A machine that ends instead fails the run at once, with its own explanation. */
import { endSentence } from '../../core/format.ts'
import { HARNESS_LIMITS } from '../../core/limits/harness.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { PROVIDER_LIMITS } from '../../core/limits/providers.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { type BootCause, describePlacement, type Machine, NO_CHOICE } from '../../providers/provider.ts'
import { done, type StepContext, type StepResult, skipped } from '../step.ts'
import { isSettling, pollUntil } from '../wait.ts'
import { launchElsewhere, launchMachine } from './launch-machine.ts'

export async function awaitMachine(context: StepContext): Promise<StepResult> {
  for (;;) {
    const { machine, launchToken } = context.facts
    if (!launchToken && !machine) return skipped('the cluster has its machine')
    // The process ended during a launch at the next placement.
    if (!machine) await launchMachine(context)
    const machineId = context.facts.machine?.machineId ?? ''
    try {
      return await awaitOne(context, machineId)
    } catch (error) {
      // EC2 may say so only after it has accepted the launch.
      if (!isRadixError(error, 'LAUNCH_CAPACITY') || !(await launchElsewhere(context, error))) throw error
    }
  }
}

async function awaitOne(context: StepContext, machineId: string): Promise<StepResult> {
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

/** The current machine, or `unknown` if the provider cannot tell now. Throws if the machine has ended or is ending. */
export async function lookAtMachine(context: StepContext, machineId: string): Promise<Machine | 'unknown'> {
  const { logger, provider } = context
  const seen = await provider.describe(machineId)
  if (seen.outcome === 'unknown') {
    logger.debug({ err: seen.cause, machine_id: machineId, reason: seen.reason }, 'the machine could not be described')
    return 'unknown'
  }
  if (seen.outcome === 'absent') {
    if (isSettling(context)) return 'unknown'
    throw await machineEnded(context, `provider ${provider.name} no longer knows it`, null)
  }
  const machine = seen.value
  if (machine.state === 'pending' || machine.state === 'running') return machine
  const { facts } = context
  // While the machine is ending, EC2 may not have its reason yet. A placement is abandoned only after the machine has
  // ended.
  const mayBeReclaimed = isSpot(context) && machine.end === null
  const mayMoveOn = machine.end?.kind === 'capacity' && !facts.machineRunningAt
  if ((mayBeReclaimed || mayMoveOn) && machine.state !== 'terminated') return 'unknown'
  if (mayMoveOn) throw noCapacity(context, machine)
  if (machine.end?.kind === 'reclaim') {
    throw new RadixError('MACHINE_RECLAIMED', { machine_id: machineId, state: machine.stateDetail })
  }
  throw await machineEnded(context, machine.stateDetail, machine.end)
}

function noCapacity({ provider, facts }: StepContext, { stateDetail }: Machine): RadixError {
  const placement = describePlacement(facts.placements?.[facts.launchPlacement ?? 0] ?? NO_CHOICE)
  return new RadixError('LAUNCH_CAPACITY', { provider: provider.name, placement, message: stateDetail })
}

/** The reclaim of the machine, if that explains why something failed on it. It may take a moment to become visible. */
export async function findReclaim(context: StepContext): Promise<RadixError | undefined> {
  const { clock, facts, signal } = context
  const machineId = facts.machine?.machineId
  if (machineId === undefined || !isSpot(context)) return undefined
  const giveUpMs = clock.monotonicMs() + HARNESS_LIMITS.reclaimReason.value
  try {
    while ((await lookAtMachine(context, machineId)) === 'unknown' && clock.monotonicMs() < giveUpMs) {
      await clock.sleep(INTERVALS.machineWatch.value, signal)
    }
  } catch (error) {
    if (isRadixError(error, 'MACHINE_RECLAIMED')) return error
  }
  return undefined
}

function isSpot({ facts }: StepContext): boolean {
  return facts.placements?.[facts.launchPlacement ?? 0]?.market === 'spot'
}

/** The machine's own explanation counts first, then the provider's reason. Boot progress alone proves nothing. */
async function machineEnded(context: StepContext, detail: string, end: Machine['end']): Promise<RadixError> {
  const { machine } = context.facts
  const said = await findBootCause(context)
  return new RadixError(
    'MACHINE_ENDED',
    {
      machine_id: machine?.machineId ?? 'unknown',
      state: detail,
      ...wordsOf(said?.isCertain ? said : end),
      log_path: machine?.logPath ?? 'not kept',
    },
    { details: { log_tail: await readLogTail(context) } },
  )
}

/** For error templates: one sentence that follows others, and one that precedes others. */
export function wordsOf(cause: Pick<BootCause, 'cause' | 'remedy'> | null): { likely_cause: string; remedy: string } {
  return cause
    ? { likely_cause: endSentence(` Likely cause: ${cause.cause}`), remedy: cause.remedy && `${cause.remedy} ` }
    : { likely_cause: '', remedy: '' }
}

export async function findBootCause(context: StepContext): Promise<BootCause | null> {
  const machineId = context.facts.machine?.machineId
  return machineId ? context.provider.findBootCause(machineId).catch(() => null) : null
}

/** The last lines of the machine's log. Empty if there is none or it cannot be read. */
export async function readLogTail(context: StepContext): Promise<string> {
  const machineId = context.facts.machine?.machineId
  if (!machineId) return ''
  const log = await context.provider.readLog(machineId).catch(() => '')
  return log.trimEnd().split('\n').slice(-PROVIDER_LIMITS.logTail.value).join('\n')
}
