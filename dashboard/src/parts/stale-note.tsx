/** Says, over everything and moving nothing, that what is shown is not the newest: the control plane does not answer. */
import { type Query, useQueryClient } from '@tanstack/react-query'
import { useCallback, useSyncExternalStore } from 'react'
import { asRadixError } from '../../../src/errors/render.ts'
import { describeAge, useNow } from './time.tsx'

export function StaleNote() {
  const cache = useQueryClient().getQueryCache()
  const subscribe = useCallback((onChange: () => void) => cache.subscribe(onChange), [cache])
  const failing = useSyncExternalStore(subscribe, () => cache.findAll({ type: 'active' }).find(isStale))
  const now = useNow()
  return (
    <div role="status">
      {failing && (
        <p className="notice bad">
          <strong>{asRadixError(failing.state.error).title}.</strong> The data shown is from{' '}
          {describeAge(now - failing.state.dataUpdatedAt)}. Radix keeps retrying.
        </p>
      )}
    </div>
  )
}

function isStale({ state }: Query): boolean {
  return state.data !== undefined && state.status === 'error'
}
