/** Waiting for a topic to be published, without missing a publication between looking and waiting. */
import type { Bus, Topic } from './bus.ts'

export interface Waiter {
  /** Resolves at once if the topic was published since the last wait, else when it is, or after `timeoutMs`, or on abort. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>
  close(): void
}

export function createWaiter(bus: Bus, topic: Topic): Waiter {
  let pending = false
  let release: (() => void) | undefined
  const unsubscribe = bus.subscribe(topic, () => {
    pending = true
    release?.()
  })
  return {
    async wait(timeoutMs, signal) {
      if (!pending && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs)
          release = () => {
            clearTimeout(timer)
            resolve()
          }
          signal.addEventListener('abort', release, { once: true })
        })
        if (release) signal.removeEventListener('abort', release)
        release = undefined
      }
      pending = false
    },
    close: unsubscribe,
  }
}
