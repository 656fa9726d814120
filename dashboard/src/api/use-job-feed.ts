/** The feed of a job in a component; when the job ends, lists that show it are asked for again. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useSyncExternalStore } from 'react'
import { createJobFeed, type FeedState } from './job-feed.ts'
import { sessionQuery } from './queries.ts'

export function useJobFeed(clusterId: string, jobId: string): FeedState {
  const queryClient = useQueryClient()
  const feed = useMemo(
    () =>
      createJobFeed(
        { clusterId, jobId },
        () => void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
      ),
    [clusterId, jobId, queryClient],
  )
  const state = useSyncExternalStore(feed.subscribe, feed.read)
  const hasEnded = state.connection === 'ended'
  useEffect(() => {
    if (!hasEnded) return
    void queryClient.invalidateQueries({ queryKey: ['jobs', clusterId] })
    void queryClient.invalidateQueries({ queryKey: ['job', clusterId, jobId] })
  }, [hasEnded, clusterId, jobId, queryClient])
  return state
}
