/** Waiting for topics to be published, without missing a publication between looking and waiting. */
import type { Bus, Topic } from './bus.ts'

export interface Waiter {
  /** Resolves at once if one was published since the last wait, else when it is, or after `timeoutMs`, or on abort. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>
  close(): void
}

export function createWaiter(bus: Bus, ...topics: Topic[]): Waiter {
  let pending = false
  let release: (() => void) | undefined
  const wake = () => {
    pending = true
    release?.()
  }
  const unsubscribe = topics.map((topic) => bus.subscribe(topic, wake))
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
    close: () => {
      for (const each of unsubscribe) each()
    },
  }
}
