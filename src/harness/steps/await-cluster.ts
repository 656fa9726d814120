/**
 * Waits until the agent's heartbeat has made the cluster active, and keeps what the agent reported about its machine.
 */
import { formatCount } from '../../core/format.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { done, type StepContext, type StepResult } from '../step.ts'
import { isOutage, pollUntil } from '../wait.ts'
import { findBootCause, lookAtMachine, readLogTail, wordsOf } from './await-machine.ts'
import { clusterIdOf } from './create-onboarding-token.ts'

const BOOT_LOOK_MS = INTERVALS.boot.value

export async function awaitCluster(context: StepContext): Promise<StepResult> {
  const params = { cluster_id: clusterIdOf(context) }
  const machineId = context.facts.machine?.machineId
  const { clock, signal } = context
  context.say(`waiting for the agent of cluster ${params.cluster_id}`)
  const boot = new BootWatch(context)
  const active = await pollUntil(
    async () => {
      const cluster = await context.call('getCluster', { params })
      if (cluster.status === 'active') return cluster
      if (cluster.status === 'archived') throw new RadixError('CLUSTER_ARCHIVED', params)
      if (machineId) {
        await lookAtMachine(context, machineId)
        await boot.look(machineId)
      }
      return undefined
    },
    { clock, signal, tolerate: isOutage },
  )
  context.record({ cluster: active })
  const gpus = active.capabilities?.gpus?.length ?? 0
  return done(gpus === 0 ? 'active, no GPU' : `active, ${formatCount(gpus, 'GPU')}`)
}

/**
 * Reports each phase of the machine's boot once. Consoles are slow to read, so the step reads them only now and then.
 */
class BootWatch {
  readonly #context: StepContext
  #nextLookMs = 0
  #said: string | null = null

  constructor(context: StepContext) {
    this.#context = context
  }

  async look(machineId: string): Promise<void> {
    const { clock, provider } = this.#context
    if (clock.monotonicMs() < this.#nextLookMs) return
    this.#nextLookMs = clock.monotonicMs() + BOOT_LOOK_MS
    const phase = await provider.readBootPhase(machineId).catch(() => null)
    if (phase === null || phase === this.#said) return
    this.#said = phase
    this.#context.say(`boot: ${phase}`)
  }
}

export async function clusterNotActiveInTime(context: StepContext, timeoutSeconds: number): Promise<Error> {
  const clusterId = clusterIdOf(context)
  const cluster = await context.call('getCluster', { params: { cluster_id: clusterId } }).catch(() => undefined)
  return new RadixError(
    'CLUSTER_NOT_ACTIVE_IN_TIME',
    {
      timeout_seconds: timeoutSeconds,
      cluster_id: clusterId,
      status: cluster?.status ?? 'unknown',
      log_path: context.facts.machine?.logPath ?? 'on its machine',
      api_base: context.client.baseUrl,
      ...wordsOf(await findBootCause(context)),
    },
    { details: { log_tail: await readLogTail(context) } },
  )
}
