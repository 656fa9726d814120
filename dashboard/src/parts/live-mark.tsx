/** Says whether what is shown follows what happens. */
import { useQueryClient } from '@tanstack/react-query'
import { useMemo, useSyncExternalStore } from 'react'
import { type Connection, createChangeFeed } from '../api/changes.ts'

const WORDS: Record<Connection, string> = {
  connecting: 'connecting…',
  live: 'live',
  broken: 'trying again…',
}

export function LiveMark() {
  const queryClient = useQueryClient()
  const feed = useMemo(() => createChangeFeed(queryClient), [queryClient])
  const connection = useSyncExternalStore(feed.subscribe, feed.read)
  return (
    <span className={`live-mark ${connection}`} title="Changes are shown as they happen">
      {WORDS[connection]}
    </span>
  )
}
