/** Launches the machine, once: the client token is in the journal before the provider hears of it. */
import { newId } from '../../core/ids.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import type { Machine } from '../../providers/provider.ts'
import { done, type StepContext, type StepResult, skipped } from '../step.ts'
import { clusterIdOf } from './create-onboarding-token.ts'

/** The machine's own timer is the second line: it fires when the engine should long have acted. */
const DEAD_MAN_GRACE_MS = 60_000

export async function launchMachine(context: StepContext): Promise<StepResult> {
  if (!context.provider.launchesMachines) return skipped('the cluster has its machine')
  const clientToken = context.facts.launchToken ?? newId('m', context.clock.now().getTime())
  if (!context.facts.launchToken) {
    context.record({ launchToken: clientToken, machineApiBase: context.client.baseUrl })
  }
  const machine = await launch(context, clientToken)
  const { machineId, instanceType, region, zone, imageId, launchedAt, logPath } = machine
  context.record({
    machine: {
      machineId,
      instanceType,
      region,
      zone,
      imageId,
      launchedAt: launchedAt?.toISOString() ?? null,
      logPath,
    },
    launchAttempts: attempts(context, clientToken, 'launched', null),
  })
  return done(machineId)
}

async function launch(context: StepContext, clientToken: string): Promise<Machine> {
  const { provider } = context
  try {
    const machine = await provider.launch(
      {
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
  } catch (error) {
    context.record({ launchAttempts: attempts(context, clientToken, 'failed', asRadixError(error).why) })
    throw error
  }
}

/** One entry per client token: the same attempt repeated is still one. */
function attempts(context: StepContext, clientToken: string, outcome: 'launched' | 'failed', message: string | null) {
  const others = (context.facts.launchAttempts ?? []).filter((attempt) => attempt.clientToken !== clientToken)
  return [...others, { clientToken, at: context.clock.now().toISOString(), outcome, message }]
}
