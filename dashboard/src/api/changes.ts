/**
 * What the page shows stays true: the control plane says which kinds of things changed, and those that are shown are read
 * again. After a stream that broke, or that nobody looked at, everything is.
 */
import type { QueryClient } from '@tanstack/react-query'
import { ROUTES } from '../../../src/contract/routes.ts'
import { Changes, type ChangingThing } from '../../../src/contract/schemas/change.ts'
import { readMessage } from './outside.ts'
import { sessionQuery } from './queries.ts'
import { createWatchedStream } from './watched-stream.ts'

export type Connection = 'connecting' | 'live' | 'broken'

/** The first part of the keys of the queries that show a thing. */
const SHOWN_BY = {
  clusters: ['clusters', 'cluster'],
  jobs: ['jobs', 'job'],
  runs: ['runs', 'run', 'trends', 'machines'],
  reapers: ['reapers'],
} as const satisfies Record<ChangingThing, readonly string[]>

export interface ChangeFeed {
  read(): Connection
  subscribe(listener: () => void): () => void
}

export function createChangeFeed(queryClient: QueryClient): ChangeFeed {
  const listeners = new Set<() => void>()
  let connection: Connection = 'connecting'
  let hasMissed = false

  function show(next: Connection): void {
    connection = next
    for (const listener of listeners) listener()
  }

  const stream = createWatchedStream({
    url: ROUTES.streamChanges.path,
    takes: {
      changed: ({ data }) => {
        const changes = readMessage(data, Changes)
        // Something changed, and it cannot be read what: everything is read again.
        if (!changes) return void queryClient.invalidateQueries()
        const names = changes.things.flatMap((thing): string[] => [...SHOWN_BY[thing]])
        void queryClient.invalidateQueries({ predicate: ({ queryKey: [name] }) => names.includes(String(name)) })
      },
    },
    onOpen() {
      if (hasMissed) void queryClient.invalidateQueries()
      hasMissed = false
      show('live')
    },
    onBroken() {
      hasMissed = true
      show('broken')
    },
    onRefused: () => void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
    onUnwatched() {
      hasMissed = true
    },
  })

  return {
    read: () => connection,
    subscribe(listener) {
      listeners.add(listener)
      stream.start()
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) stream.stop()
      }
    },
  }
}
