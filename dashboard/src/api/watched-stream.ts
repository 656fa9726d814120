/**
 * A stream of server-sent events that is open while somebody looks at the page: a browser has few connections for one server.
 * One that breaks is opened again, by the browser or from here.
 */
import { INTERVALS } from '../../../src/core/limits/intervals.ts'

interface StreamOptions {
  url: string
  /** What takes the messages of each name. */
  takes: Readonly<Record<string, (message: MessageEvent<string>) => void>>
  onOpen(): void
  /** It broke, and is being opened again. */
  onBroken(): void
  /** The server did not want to open it; whether that is for want of a session is for others to find out. */
  onRefused(): void
  /** It was closed, because nobody looks. */
  onUnwatched?(): void
}

export interface WatchedStream {
  start(): void
  stop(): void
}

const REOPEN_MS = INTERVALS.streamReopen.value

export function createWatchedStream(options: StreamOptions): WatchedStream {
  let source: EventSource | undefined
  let reopening: ReturnType<typeof setTimeout> | undefined

  function open(): void {
    if (source || document.hidden) return
    const opened = new EventSource(options.url)
    for (const [name, take] of Object.entries(options.takes)) opened.addEventListener(name, take)
    opened.onopen = () => options.onOpen()
    opened.onerror = () => {
      options.onBroken()
      if (opened.readyState !== EventSource.CLOSED) return // the browser tries again
      close()
      options.onRefused()
      reopening = setTimeout(open, REOPEN_MS)
    }
    source = opened
  }

  function close(): void {
    clearTimeout(reopening)
    source?.close()
    source = undefined
  }

  function onVisibility(): void {
    if (!document.hidden) return void open()
    close()
    options.onUnwatched?.()
  }

  return {
    start() {
      document.addEventListener('visibilitychange', onVisibility)
      open()
    },
    stop() {
      document.removeEventListener('visibilitychange', onVisibility)
      close()
    },
  }
}
