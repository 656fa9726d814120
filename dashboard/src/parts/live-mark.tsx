/** Says whether what is shown follows what happens. */
import { useQueryClient } from '@tanstack/react-query'
import { useMemo, useSyncExternalStore } from 'react'
import { type Connection, createChangeFeed } from '../api/changes.ts'

const WORDS: Record<Connection, string> = {
  connecting: 'connecting…',
  live: 'live',
  broken: 'reconnecting…',
}

export function LiveMark() {
  const queryClient = useQueryClient()
  const feed = useMemo(() => createChangeFeed(queryClient), [queryClient])
  const connection = useSyncExternalStore(feed.subscribe, feed.read)
  return (
    <span className={`live-mark ${connection}`} title="Live updates from the control plane">
      {WORDS[connection]}
    </span>
  )
}
