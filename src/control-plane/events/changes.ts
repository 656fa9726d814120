/** Tells viewers that a tenant's resources changed. The stream names the kinds of resources, never their content. */

import { Readable } from 'node:stream'
import { CHANGING_THINGS, type Changes, type ChangingThing } from '../../contract/schemas/change.ts'
import { systemClock } from '../../core/clock.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import type { App } from '../app.ts'
import type { Topic } from './bus.ts'
import { createWaiter } from './wait-for-wake.ts'

/** The first change is sent at once; further changes within this time are sent together. */
const GATHER_MS = INTERVALS.changes.value

export function announce({ bus }: Pick<App, 'bus'>, tenantId: string, thing: ChangingThing): void {
  bus.publish(topicOf(tenantId, thing))
}

/** Until `ended`. */
export async function openChangeStream(app: App, tenantId: string, ended: AbortSignal): Promise<Readable> {
  return Readable.from(followChanges(app, tenantId, ended))
}

async function* followChanges(app: App, tenantId: string, ended: AbortSignal) {
  const topics = CHANGING_THINGS.map((thing) => topicOf(tenantId, thing))
  const changed = new Set<ChangingThing>()
  const forget = CHANGING_THINGS.map((thing) => app.bus.subscribe(topicOf(tenantId, thing), () => changed.add(thing)))
  const waiter = createWaiter(app.bus, ...topics)
  app.metrics.openStreams.inc()
  try {
    yield renderChanges({ things: [] })
    while (!ended.aborted) {
      await waiter.wait(app.settings.streamKeepAliveMs, ended)
      if (ended.aborted) return
      const things = [...changed]
      changed.clear()
      yield things.length > 0 ? renderChanges({ things }) : ': still here\n\n'
      await systemClock.sleep(GATHER_MS, ended).catch(() => {})
    }
  } finally {
    waiter.close()
    for (const each of forget) each()
    app.metrics.openStreams.dec()
  }
}

function topicOf(tenantId: string, thing: ChangingThing): Topic {
  return `changes:${tenantId}:${thing}`
}

function renderChanges(changes: Changes): string {
  return `event: changed\ndata: ${JSON.stringify(changes)}\n\n`
}
