/** A throughput with its interval, as a list shows it; a number that is in doubt looks like one. */
import type { Run } from '../../../../src/contract/schemas/run.ts'
import type { Rate } from '../../../../src/core/format.ts'
import { formatSpread, formatThroughput } from '../format.ts'

interface ThroughputProps {
  rate: Rate | null
  interval: { low: number; high: number } | null
  verdict: Run['verdict']
}

export function Throughput({ rate, interval, verdict }: ThroughputProps) {
  if (rate === null) return '–'
  return (
    <>
      <Figure text={formatThroughput(rate)} verdict={verdict} />
      {interval && (
        <span className="second dim" title={describeInterval(interval)}>
          {formatSpread(rate, interval)}
        </span>
      )}
    </>
  )
}

function describeInterval({ low }: { low: number }): string {
  if (low > 0) return 'Half-width of the 95 % interval over the trials'
  return 'The trials differ so much that their 95 % interval reaches zero'
}

/** The number itself: marked where it is suspect, struck out where it must not be used. */
export function Figure({ text, verdict }: { text: string; verdict: Run['verdict'] }) {
  if (verdict === 'invalid') {
    return (
      <s className="struck">
        <span className="unseen">do not use: </span>
        {text}
      </s>
    )
  }
  if (verdict === 'suspect') {
    return (
      <span className="doubted" title="Read the reasons before you use this number">
        <span className="unseen">suspect: </span>
        {text}
      </span>
    )
  }
  return text
}
