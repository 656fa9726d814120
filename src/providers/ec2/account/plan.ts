/** Inspects everything and plans the changes first; then applies them. */

import type { Clock } from '../../../core/clock.ts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { INTERVALS } from '../../../core/limits/intervals.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import type { AccountResource, Found } from './resource.ts'

/** `not ours`: the same name, without Radix's tag. `shared`: also not created by Radix, but meant for shared use. */
export type ResourceState = 'exists' | 'missing' | 'differs' | 'shared' | 'not ours'

export interface PlannedResource {
  resource: AccountResource
  state: ResourceState
  found: Found | undefined
}

const SETTLE_POLL_MS = INTERVALS.accountSettle.value

export async function inspect(resources: readonly AccountResource[]): Promise<PlannedResource[]> {
  const planned: PlannedResource[] = []
  for (const resource of resources) {
    const found = await resource.find()
    planned.push({ resource, found, state: stateOf(resource, found) })
  }
  return planned
}

/** Throws `AWS_RESOURCE_NOT_OURS`, naming all of them. */
export function assertOurs(plan: readonly PlannedResource[]): void {
  const strangers = plan.filter(({ state }) => state === 'not ours')
  if (strangers.length === 0) return
  const resources = strangers
    .map(({ resource, found }) => `${resource.kind} ${resource.name} (${found?.id})`)
    .join(', ')
  throw new RadixError('AWS_RESOURCE_NOT_OURS', { resources })
}

/** Creates and corrects in order. After an interruption, it continues with the next `inspect`. Reports each change. */
export async function apply(
  plan: readonly PlannedResource[],
  clock: Clock,
  onDone: (resource: AccountResource, change: 'created' | 'corrected') => void,
): Promise<void> {
  for (const { resource, state, found } of plan) {
    if (state === 'missing') {
      await resource.create()
      const created = await findCreated(resource, clock)
      await correctAll(created)
      onDone(resource, 'created')
    } else if (state === 'differs' && found) {
      // Inspected again: an earlier correction may have fixed it, or it may have waited for one.
      await correctAll((await resource.find()) ?? found)
      onDone(resource, 'corrected')
    }
  }
}

export interface FailedRemoval {
  id: string
  error: unknown
}

/** Removes what Radix created, newest first. Each removal is tried even if others fail. Returns the failures. */
export async function removeAll(
  plan: readonly PlannedResource[],
  onDone: (resource: AccountResource) => void,
): Promise<FailedRemoval[]> {
  const failures: FailedRemoval[] = []
  for (const { resource, found } of plan.toReversed()) {
    if (!found?.isOurs) continue
    try {
      await resource.remove()
      onDone(resource)
    } catch (error) {
      failures.push({ id: found.id, error })
    }
  }
  return failures
}

/**
 * Lists repeatedly until only resources that could not be removed are left. Returns what remains when the time is over:
 * AWS may be slow to stop listing removed resources.
 */
export async function findLeft(
  list: () => Promise<AccountResource[]>,
  failures: readonly FailedRemoval[],
  clock: Clock,
): Promise<PlannedResource[]> {
  const isKnown = (id: string) => failures.some((failure) => failure.id === id)
  const startedMs = clock.monotonicMs()
  for (;;) {
    const left = (await inspect(await list())).filter(({ found }) => found?.isOurs && !isKnown(found.id))
    if (left.length === 0 || clock.monotonicMs() - startedMs > EC2_LIMITS.accountSettle.value) return left
    await clock.sleep(SETTLE_POLL_MS)
  }
}

function stateOf({ mayBeForeign }: AccountResource, found: Found | undefined): ResourceState {
  if (!found) return 'missing'
  if (found.isOurs) return found.differences.length === 0 ? 'exists' : 'differs'
  return mayBeForeign && found.differences.length === 0 ? 'shared' : 'not ours'
}

async function correctAll({ differences }: Found): Promise<void> {
  for (const difference of differences) await difference.correct()
}

async function findCreated(resource: AccountResource, clock: Clock): Promise<Found> {
  const startedMs = clock.monotonicMs()
  for (;;) {
    const found = await resource.find()
    if (found) return found
    if (clock.monotonicMs() - startedMs > EC2_LIMITS.accountSettle.value) {
      throw new RadixError('AWS_CALL_FAILED', {
        message: `${resource.kind} ${resource.name} was created, but AWS does not show it`,
      })
    }
    await clock.sleep(SETTLE_POLL_MS)
  }
}
