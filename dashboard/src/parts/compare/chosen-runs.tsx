/** What is compared, also where the comparison is refused; any of them can be put first, or be left out. */
import { Link, useNavigate } from '@tanstack/react-router'
import type { Run } from '../../../../src/contract/schemas/run.ts'
import { shortId } from '../format.ts'
import { togglePicked, writePicked } from '../run/picked.ts'
import { Throughput } from '../run/throughput.tsx'
import { Status } from '../status.tsx'
import { ExactTime } from '../time.tsx'

export interface ChosenRun {
  runId: string
  /** Undefined where it could not be read. */
  run: Run | undefined
  /** A, B, …; null for one whose evidence is not as it was signed: it is not compared. */
  label: string | null
}

export function ChosenRuns({ chosen }: { chosen: readonly ChosenRun[] }) {
  return (
    <ol className="chosen" aria-label="Compared runs">
      {chosen.map((each) => (
        <li key={each.runId}>
          <Description {...each} />
          <Actions {...each} runIds={chosen.map(({ runId }) => runId)} />
        </li>
      ))}
    </ol>
  )
}

function Description({ runId, run, label }: ChosenRun) {
  const verdict = label === null ? 'invalid' : (run?.verdict ?? null)
  return (
    <span>
      <strong className="letter">{label ?? '–'}</strong>{' '}
      <Link to="/runs/$runId" params={{ runId }}>
        {run?.cluster_name ?? 'run'}
      </Link>{' '}
      <code className="dim" title={runId}>
        {shortId(runId)}
      </code>{' '}
      {run && label !== null && run.verdict && <Status status={run.verdict} />}{' '}
      {run && (
        <span className="dim">
          <ExactTime at={run.created_at} />, {run.measurement?.instance_type ?? run.provider},{' '}
          {run.measurement?.device_name ?? 'no measurement'},{' '}
          <Throughput rate={run.throughput} interval={null} verdict={verdict} />
        </span>
      )}
      {label === null && (
        <span className="second status bad">excluded: the signature of its evidence is not valid</span>
      )}
    </span>
  )
}

function Actions({ runId, label, runIds }: ChosenRun & { runIds: readonly string[] }) {
  const navigate = useNavigate({ from: '/compare' })
  const useAsBaseline = () => void navigate({ search: (before) => ({ ...before, first: runId }), replace: true })
  const leaveOut = () =>
    void navigate({
      search: ({ first }) => ({
        runs: writePicked(togglePicked(runIds, runId)),
        first: first === runId ? undefined : first,
      }),
      replace: true,
    })
  return (
    <span className="actions">
      {label === 'A' && <span className="dim">baseline</span>}
      {label !== 'A' && label !== null && (
        <button type="button" className="quiet" onClick={useAsBaseline}>
          Use as baseline<span className="unseen"> {shortId(runId)}</span>
        </button>
      )}
      <button type="button" className="quiet" onClick={leaveOut}>
        Remove<span className="unseen"> {shortId(runId)}</span>
      </button>
    </span>
  )
}
