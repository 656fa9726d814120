/** The last lines of a job's log, which follow its end until somebody scrolls up. */
import { useEffect, useRef } from 'react'
import { DASHBOARD_LIMITS } from '../../../../src/core/limits/dashboard.ts'
import type { LogLine } from '../../api/job-feed.ts'
import { formatExactTime } from '../time.tsx'

const SHOWN_LINES = DASHBOARD_LIMITS.logLinesShown.value
/** So near the end is at the end. */
const END_PIXELS = 24

export function LogTail({ lines, isLive }: { lines: readonly LogLine[]; isLive: boolean }) {
  const element = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  const shown = lines.slice(-SHOWN_LINES)
  const lastSequence = shown.at(-1)?.sequence
  // biome-ignore lint/correctness/useExhaustiveDependencies: with every new line
  useEffect(() => {
    if (isAtEnd.current) element.current?.scrollTo({ top: element.current.scrollHeight })
  }, [lastSequence])
  const onScroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = element.current ?? document.body
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < END_PIXELS
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too
    <div ref={element} className="log" role="log" aria-label="Log" aria-live="off" tabIndex={0} onScroll={onScroll}>
      {lines.length > SHOWN_LINES && <p className="dim">The last {SHOWN_LINES} lines:</p>}
      {shown.length === 0 && <p className="dim">{isLive ? 'No output yet.' : 'No output.'}</p>}
      {shown.map(({ sequence, at, stream, line }) => (
        <div key={sequence} className={stream} title={`${formatExactTime(at)}, ${stream}`}>
          {line || ' '}
        </div>
      ))}
    </div>
  )
}
