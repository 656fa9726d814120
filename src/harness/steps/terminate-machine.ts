/**
 * Ends the machine and proves it. Done means that the provider says so: of the machine that was launched, and that
 * nothing else carries the run's tag. As a step as soon as the result is durable, and as the undo of the launch.
 */
import { RadixError } from '../../errors/radix-error.ts'
import { done, type StepContext, type StepResult, skipped } from '../step.ts'
import { isSettling, pollUntil } from '../wait.ts'

/** A request that was accepted and had no effect is made again. */
const ASK_AGAIN_MS = 10_000

export async function terminateMachine(context: StepContext): Promise<StepResult> {
  if (!context.provider.launchesMachines) return skipped('the machine is not ours')
  await terminateMachines(context)
  return done(context.facts.terminationProof ? 'confirmed to be gone' : 'no machine was found')
}

export async function terminateMachines(context: StepContext): Promise<void> {
  if (!context.provider.launchesMachines) return
  const machineIds = new Set<string>()
  if (context.facts.machine) machineIds.add(context.facts.machine.machineId)
  const proofs = new Map<string, string>()
  const askedAtMs = new Map<string, number>()
  const { clock, signal, logger } = context
  try {
    await pollUntil(
      async () => {
        const tagged = await context.provider.findByRun(context.runId)
        for (const { machineId } of tagged) machineIds.add(machineId)
        for (const machineId of machineIds) {
          const proof = await confirmGone(context, machineId)
          if (proof) proofs.set(machineId, proof)
          else await ask(context, machineId, askedAtMs)
        }
        if (machineIds.size === 0 && mayStillAppear(context)) return undefined
        const left = tagged.filter(({ machineId }) => !proofs.has(machineId))
        return left.length === 0 && [...machineIds].every((id) => proofs.has(id)) ? true : undefined
      },
      {
        clock,
        signal,
        tolerate: (error) => {
          logger.warn({ err: error, run_id: context.runId }, 'the provider could not be asked; asking again')
          return true
        },
      },
    )
  } catch (error) {
    if (!signal.aborted) throw error
    const remaining = [...machineIds].filter((id) => !proofs.has(id))
    throw unconfirmed(context, remaining, Math.round((clock.now().getTime() - startedAt(context)) / 1000), error)
  }
  if (machineIds.size === 0) return // nothing came of the launch
  const answers = [...proofs].map(([machineId, detail]) => (proofs.size === 1 ? detail : `${machineId}: ${detail}`))
  context.record({
    terminationConfirmedAt: clock.now().toISOString(),
    terminationProof: `provider ${context.provider.name}: ${answers.join('; ')}; no machine is tagged with the run`,
  })
}

export function terminationUnconfirmed(context: StepContext, timeoutSeconds: number): Error {
  return unconfirmed(context, [context.facts.machine?.machineId ?? 'unknown'], timeoutSeconds, undefined)
}

/** An attempt whose outcome nobody heard may have launched a machine that the provider does not show yet. */
function mayStillAppear(context: StepContext): boolean {
  const { launchToken, launchAttempts = [] } = context.facts
  const attempt = launchAttempts.find(({ clientToken }) => clientToken === launchToken)
  return attempt?.outcome !== 'failed' && isSettling(context)
}

/** How it is known that the machine is gone; `undefined` while it is not. */
async function confirmGone(context: StepContext, machineId: string): Promise<string | undefined> {
  const machine = await context.provider.describe(machineId)
  if (!machine) return isSettling(context) ? undefined : 'it does not know the machine any more'
  return machine.state === 'terminated' ? machine.stateDetail : undefined
}

async function ask(context: StepContext, machineId: string, askedAtMs: Map<string, number>): Promise<void> {
  const nowMs = context.clock.monotonicMs()
  const lastMs = askedAtMs.get(machineId)
  if (lastMs !== undefined && nowMs - lastMs < ASK_AGAIN_MS) return
  if (!context.facts.terminationRequestedAt) {
    context.record({ terminationRequestedAt: context.clock.now().toISOString() })
  }
  context.say(`terminating machine ${machineId}`)
  await context.provider.terminate(machineId)
  askedAtMs.set(machineId, nowMs)
}

function startedAt(context: StepContext): number {
  const { terminationRequestedAt } = context.facts
  return terminationRequestedAt ? Date.parse(terminationRequestedAt) : context.clock.now().getTime()
}

function unconfirmed(context: StepContext, machineIds: string[], timeoutSeconds: number, cause: unknown): RadixError {
  return new RadixError(
    'TERMINATION_UNCONFIRMED',
    {
      provider: context.provider.name,
      timeout_seconds: timeoutSeconds,
      machine_id: machineIds.join(', ') || `tagged ${context.runId}`,
      run_id: context.runId,
    },
    { cause },
  )
}
