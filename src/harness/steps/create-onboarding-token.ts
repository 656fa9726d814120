/**
 * Creates the token that onboards the machine's agent, and stores it where only that machine can fetch it. The token
 * itself stays in memory: the journal has a reference.
 */
import { boundsOf } from '../../contract/bounds.ts'
import { OnboardingTokenBody } from '../../contract/schemas/cluster.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { done, type StepContext, type StepResult, skipped } from '../step.ts'
import { isGone } from '../wait.ts'

export const SECRET_NAME = 'onboarding-token'

const ttlBounds = boundsOf(OnboardingTokenBody.shape.ttl_seconds)

/** Repeated after a crash, it creates a new token. The earlier one is unknown by then, and the undo revokes it. */
export async function createOnboardingToken(context: StepContext): Promise<StepResult> {
  if (!context.provider.launchesMachines) return skipped('the cluster has its agent')
  const leftSeconds = Math.ceil((context.deadlineAt.getTime() - context.clock.now().getTime()) / 1000)
  const answer = await context.call('createOnboardingToken', {
    params: { cluster_id: clusterIdOf(context) },
    body: { ttl_seconds: Math.min(Math.max(leftSeconds, ttlBounds.minimum), ttlBounds.maximum) },
  })
  const reference = await context.provider.storeSecret(context.runId, SECRET_NAME, answer.one_time_token)
  context.record({ onboardingTokenReference: reference })
  return done()
}

/** Revokes unused tokens and deletes the secret. Each is tried even if the other fails. */
export async function revokeOnboardingTokens(context: StepContext): Promise<void> {
  if (!context.provider.launchesMachines) return
  const results = await Promise.allSettled([context.provider.deleteSecrets(context.runId), revokeTokens(context)])
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

export function clusterIdOf(context: Pick<StepContext, 'facts'>): string {
  const { clusterId } = context.facts
  if (!clusterId) throw new RadixError('INTERNAL', { message: 'a step needs the cluster before there is one' })
  return clusterId
}

async function revokeTokens(context: StepContext): Promise<void> {
  const { clusterId } = context.facts
  if (!clusterId) return // there was no cluster to make one for; a cluster found by its label loses its tokens with it
  try {
    await context.call('revokeOnboardingTokens', { params: { cluster_id: clusterId } })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}
