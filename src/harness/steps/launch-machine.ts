/**
 * Launches one machine: the placements one after the other, each an attempt with a client token of its own that is in the
 * journal before the provider hears of it. The next attempt begins only once the last is known to have launched nothing.
 */
import { newId } from '../../core/ids.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import { describePlacement, type Machine, NO_CHOICE, type Placement } from '../../providers/provider.ts'
import { done, type StepContext, type StepResult, skipped } from '../step.ts'
import { clusterIdOf } from './create-onboarding-token.ts'

/** The machine's own timer is the second line: it fires when the engine should long have acted. */
const DEAD_MAN_GRACE_MS = 60_000

export async function launchMachine(context: StepContext): Promise<StepResult> {
  if (!context.provider.launchesMachines) return skipped('the cluster has its machine')
  const { placements = [] } = context.facts
  for (let index = context.facts.launchPlacement ?? 0; ; index++) {
    const placement = placements[index] ?? NO_CHOICE
    try {
      const machine = await attempt(context, placement, index)
      await noteQuote(context, placement)
      return done([machine.machineId, describePlacement(placement)].filter(Boolean).join(', '))
    } catch (error) {
      if (!isRadixError(error, 'LAUNCH_CAPACITY') || index + 1 >= placements.length) throw error
      context.emit({ type: 'warning', message: `${error.why} Trying the next placement.` })
    }
  }
}

async function attempt(context: StepContext, placement: Placement, index: number): Promise<Machine> {
  const { launchToken, launchPlacement } = context.facts
  const isRepeated = launchToken !== undefined && launchPlacement === index
  const clientToken = isRepeated ? launchToken : newId('m', context.clock.now().getTime())
  if (!isRepeated) {
    context.record({
      launchToken: clientToken,
      launchPlacement: index,
      launchAskedAt: context.clock.now().toISOString(),
      machineApiBase: context.client.baseUrl,
    })
  }
  try {
    const machine = await launch(context, clientToken, placement)
    const { machineId, instanceType, region, zone, imageId, launchedAt, logPath } = machine
    const launched = launchedAt?.toISOString() ?? null
    context.record({
      machine: { machineId, instanceType, region, zone, imageId, launchedAt: launched, logPath },
      launchAttempts: attempts(context, { clientToken, placement, outcome: 'launched', message: null }),
    })
    return machine
  } catch (error) {
    const message = asRadixError(error).why
    const outcome = isRadixError(error) && error.code !== 'LAUNCH_UNANSWERED' ? 'failed' : 'unknown'
    context.record({ launchAttempts: attempts(context, { clientToken, placement, outcome, message }) })
    throw error
  }
}

/** Until now it was that of the dearest placement. */
async function noteQuote(context: StepContext, placement: Placement): Promise<void> {
  // A price is not worth a machine that runs already.
  const quote = await context.provider.quote(placement, context.signal).catch(() => null)
  if (quote) context.record({ quote })
}

async function launch(context: StepContext, clientToken: string, placement: Placement): Promise<Machine> {
  const { provider } = context
  const machine = await provider.launch(
    {
      placement,
      runId: context.runId,
      clientToken,
      clusterId: clusterIdOf(context),
      clusterName: context.config.clusterName,
      apiBase: context.client.baseUrl,
      onboardingTokenReference: context.facts.onboardingTokenReference ?? '',
      deadlineAt: new Date(context.deadlineAt.getTime() + DEAD_MAN_GRACE_MS),
    },
    context.signal,
  )
  if (machine.state !== 'terminated') return machine
  throw new RadixError('LAUNCH_FAILED', {
    provider: provider.name,
    message: `machine ${machine.machineId} was launched and has ended since (${machine.stateDetail})`,
    log_path: machine.logPath ?? 'not kept',
  })
}

type Attempt = NonNullable<StepContext['facts']['launchAttempts']>[number]

/** One entry per client token: the same attempt repeated is still one. */
function attempts(context: StepContext, attempt: Omit<Attempt, 'at'>): Attempt[] {
  const others = (context.facts.launchAttempts ?? []).filter(({ clientToken }) => clientToken !== attempt.clientToken)
  return [...others, { ...attempt, at: context.clock.now().toISOString() }]
}
