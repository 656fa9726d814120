/** The change stream: which kinds of things changed since it last looked. */
import { setTimeout as wait } from 'node:timers/promises'
import { CHANGING_THINGS } from '../../src/contract/schemas/change.ts'
import type { StreamMessage } from './mock-server.ts'
import type { World } from './world.ts'

const LOOK_MS = 250

export async function* streamChanges(world: World, signal: AbortSignal): AsyncIterable<StreamMessage> {
  yield { event: 'changed', data: { things: [] } }
  let known = world.countChanges()
  while (!signal.aborted) {
    world.catchUp(Date.now())
    const now = world.countChanges()
    const things = CHANGING_THINGS.filter((thing) => now.get(thing) !== known.get(thing))
    if (things.length > 0) yield { event: 'changed', data: { things } }
    known = now
    await wait(LOOK_MS)
  }
}
