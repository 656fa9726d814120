/**
 * Launches one machine. It tries the placements in order, each with its own client token, which is in the journal
 * before the provider is called. The next attempt begins only when the last one is known to have launched nothing.
 */
import { newId } from '../../core/ids.ts'
import { PROVIDER_LIMITS } from '../../core/limits/providers.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import {
  describePlacement,
  LaunchNotCompleted,
  type Machine,
  NO_CHOICE,
  type Placement,
} from '../../providers/provider.ts'
import { done, type StepContext, type StepResult, skipped } from '../step.ts'
import { clusterIdOf } from './create-onboarding-token.ts'
import { priceKeyOf } from './preflight.ts'

export async function launchMachine(context: StepContext): Promise<StepResult> {
  if (!context.provider.launchesMachines) return skipped('the cluster has its machine')
  return launchFrom(context, context.facts.launchPlacement ?? 0)
}

/**
 * Continues with the next placement after a machine failed for lack of capacity once its launch was accepted. False if
 * no placement is left. The provider has confirmed the end of the machine, so there are never two.
 */
export async function launchElsewhere(context: StepContext, error: RadixError): Promise<boolean> {
  const { placements = [], launchPlacement = 0, launchToken } = context.facts
  if (launchToken) {
    const placement = placements[launchPlacement] ?? NO_CHOICE
    const attempt = { clientToken: launchToken, placement, outcome: 'failed' as const, message: error.why }
    context.record({ launchAttempts: attempts(context, attempt) })
  }
  if (launchPlacement + 1 >= placements.length) return false
  context.emit({ type: 'warning', message: `${error.why} Trying the next placement.` })
  await launchFrom(context, launchPlacement + 1)
  return true
}

async function launchFrom(context: StepContext, first: number): Promise<StepResult> {
  const { placements = [] } = context.facts
  for (let index = first; ; index++) {
    const placement = placements[index] ?? NO_CHOICE
    try {
      const machine = await attempt(context, placement, index)
      await refreshQuote(context, placement)
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
      // The machine of an earlier attempt has ended. A resumed run repeats a launch without a machine.
      machine: null,
      launchToken: clientToken,
      launchPlacement: index,
      launchAskedAt: context.clock.now().toISOString(),
      machineApiBase: context.client.baseUrl,
      ...quoteOf(context, placement),
      // Stays in the evidence if no answer ever arrives.
      launchAttempts: attempts(context, { ...unanswered, clientToken, placement }),
    })
  }
  try {
    const machine = await launch(context, clientToken, placement)
    context.record({
      machine: machineFactsOf(machine),
      launchAttempts: attempts(context, { clientToken, placement, outcome: 'launched', message: null }),
    })
    return machine
  } catch (error) {
    const message = asRadixError(error).why
    const outcome = outcomeOf(error, isRepeated)
    const launched = error instanceof LaunchNotCompleted ? { machine: machineFactsOf(error.machine) } : {}
    context.record({ ...launched, launchAttempts: attempts(context, { clientToken, placement, outcome, message }) })
    throw error
  }
}

/** An attempt until there is an answer. */
const unanswered = { outcome: 'unknown', message: 'the provider has not answered', isUnderWay: true } as const

/** A repeated attempt that fails proves nothing about the first one, unless the provider reports a lack of capacity. */
function outcomeOf(error: unknown, isRepeated: boolean): Attempt['outcome'] {
  if (error instanceof LaunchNotCompleted) return 'launched'
  if (!isRadixError(error) || error.code === 'LAUNCH_UNANSWERED') return 'unknown'
  return isRepeated && error.code !== 'LAUNCH_CAPACITY' ? 'unknown' : 'failed'
}

export function machineFactsOf(machine: Machine): NonNullable<StepContext['facts']['machine']> {
  const { machineId, instanceType, region, zone, imageId, hostKey, launchedAt, logPath } = machine
  const facts = {
    machineId,
    instanceType,
    region,
    zone,
    imageId,
    launchedAt: launchedAt?.toISOString() ?? null,
    logPath,
  }
  return hostKey === undefined ? facts : { ...facts, hostKey }
}

/** Recorded before the launch, so a machine that is found only by its tag has a price too. */
function quoteOf({ facts }: StepContext, placement: Placement): Pick<StepContext['facts'], 'quote'> {
  const known = facts.quotes?.find((each) => priceKeyOf(each.placement) === priceKeyOf(placement))
  return known ? { quote: known.quote } : {}
}

/** The price in the zone of the machine. */
async function refreshQuote(context: StepContext, placement: Placement): Promise<void> {
  // A missing price must not fail a machine that is already running.
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
      // The machine's own timer is the second line of defence: it fires when the engine should have acted long before.
      deadlineAt: new Date(context.deadlineAt.getTime() + PROVIDER_LIMITS.deadManGrace.value),
    },
    context.signal,
  )
  if (machine.state !== 'terminated') return machine
  throw new RadixError('LAUNCH_FAILED', {
    provider: provider.name,
    message: `machine ${machine.machineId} was launched and has since ended (${machine.stateDetail})`,
    remedy: machine.logPath ? `Read its log: ${machine.logPath}.` : 'Run again.',
  })
}

export type Attempt = NonNullable<StepContext['facts']['launchAttempts']>[number]

/** One entry per client token: a repeated attempt is still one. */
export function attempts(context: StepContext, attempt: Omit<Attempt, 'at'>): Attempt[] {
  const others = (context.facts.launchAttempts ?? []).filter(({ clientToken }) => clientToken !== attempt.clientToken)
  return [...others, { ...attempt, at: context.clock.now().toISOString() }]
}
