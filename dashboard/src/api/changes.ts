/**
 * What the page shows stays true: the control plane says which kinds of things changed, and those that are shown are read
 * again. A stream that breaks is opened again, and then everything is. While nobody looks it is closed: a browser has few
 * connections for one server.
 */
import type { QueryClient } from '@tanstack/react-query'
import { ROUTES } from '../../../src/contract/routes.ts'
import { Changes, type ChangingThing } from '../../../src/contract/schemas/change.ts'
import { sessionQuery } from './queries.ts'

export type Connection = 'connecting' | 'live' | 'broken'

/** The first part of the keys of the queries that show a thing. */
const SHOWN_BY = {
  clusters: ['clusters', 'cluster'],
  jobs: ['jobs', 'job'],
  runs: ['runs', 'run', 'trends', 'machines'],
  reapers: ['reapers'],
} as const satisfies Record<ChangingThing, readonly string[]>

const REOPEN_MS = 3000

export interface ChangeFeed {
  read(): Connection
  subscribe(listener: () => void): () => void
}

export function createChangeFeed(queryClient: QueryClient): ChangeFeed {
  const listeners = new Set<() => void>()
  let connection: Connection = 'connecting'
  let wasBroken = false
  let source: EventSource | undefined
  let reopening: ReturnType<typeof setTimeout> | undefined

  function show(next: Connection): void {
    connection = next
    for (const listener of listeners) listener()
  }

  function take({ data }: MessageEvent<string>): void {
    const names = Changes.parse(JSON.parse(data)).things.flatMap((thing): string[] => [...SHOWN_BY[thing]])
    void queryClient.invalidateQueries({ predicate: ({ queryKey: [name] }) => names.includes(String(name)) })
  }

  function open(): void {
    if (source || document.hidden) return
    const opened = new EventSource(ROUTES.streamChanges.path)
    opened.addEventListener('changed', take)
    opened.onopen = () => {
      // What happened meanwhile was told to nobody.
      if (wasBroken) void queryClient.invalidateQueries()
      wasBroken = false
      show('live')
    }
    opened.onerror = () => {
      wasBroken = true
      show('broken')
      if (opened.readyState !== EventSource.CLOSED) return // the browser tries again
      close()
      // Whether that is for want of a session is for others to find out.
      void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
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
    if (document.hidden) {
      wasBroken = true
      close()
    } else open()
  }

  return {
    read: () => connection,
    subscribe(listener) {
      listeners.add(listener)
      document.addEventListener('visibilitychange', onVisibility)
      open()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        document.removeEventListener('visibilitychange', onVisibility)
        close()
      }
    },
  }
}
