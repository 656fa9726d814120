/** Runs side by side: what each measured, by how much it differs from the first, and why some cannot be compared. */
import { useQueries, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { Run } from '../../../src/contract/schemas/run.ts'
import { isRadixError } from '../../../src/errors/radix-error.ts'
import { comparisonQuery, runQuery } from '../api/queries.ts'
import { ChangeList } from '../parts/compare/change-list.tsx'
import { ComparisonTable } from '../parts/compare/comparison-table.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { shortId } from '../parts/format.ts'
import { LoadingPage } from '../parts/loading-page.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import { readPicked, writePicked } from '../parts/run/picked.ts'
import { Throughput } from '../parts/run/throughput.tsx'
import { Status } from '../parts/status.tsx'

export function Compare() {
  usePageTitle('Compare')
  const { runs } = useSearch({ from: '/signed-in/compare' })
  const runIds = readPicked(runs)
  return (
    <>
      <p className="trail">
        <Link to="/runs" search={{ pick: writePicked(runIds) }}>
          Runs
        </Link>
      </p>
      <header className="heading">
        <h1>Compare runs</h1>
        <div className="actions">
          <Link to="/runs" search={{ pick: writePicked(runIds) }} className="button">
            Pick other runs
          </Link>
        </div>
      </header>
      {runIds.length > 0 && <Chosen runIds={runIds} />}
      {runIds.length > 1 ? (
        <Result runIds={runIds} />
      ) : (
        <div className="note">
          <p>
            <strong>It takes two runs to compare.</strong> Pick them in the list of <Link to="/runs">runs</Link>: each
            that has measured something has a box to tick.
          </p>
        </div>
      )}
    </>
  )
}

/** What is compared, also where the comparison is refused; any of them can be put first, or be left out. */
function Chosen({ runIds }: { runIds: readonly string[] }) {
  const navigate = useNavigate({ from: '/compare' })
  const found = useQueries({ queries: runIds.map((runId) => runQuery(runId)) })
  const show = (ids: readonly string[]) => void navigate({ search: { runs: writePicked(ids) }, replace: true })
  return (
    <ol className="chosen" aria-label="Runs that are compared">
      {runIds.map((runId, index) => (
        <li key={runId}>
          <ChosenRun label={String.fromCharCode(65 + index)} runId={runId} run={found[index]?.data} />
          <span className="actions">
            {index === 0 ? (
              <span className="dim">what the others are measured against</span>
            ) : (
              <button
                type="button"
                className="quiet"
                onClick={() => show([runId, ...runIds.filter((each) => each !== runId)])}
              >
                Put first<span className="unseen"> {shortId(runId)}</span>
              </button>
            )}
            <button type="button" className="quiet" onClick={() => show(runIds.filter((each) => each !== runId))}>
              Leave out<span className="unseen"> {shortId(runId)}</span>
            </button>
          </span>
        </li>
      ))}
    </ol>
  )
}

function ChosenRun({ label, runId, run }: { label: string; runId: string; run: Run | undefined }) {
  return (
    <span>
      <strong className="letter">{label}</strong>{' '}
      <Link to="/runs/$runId" params={{ runId }}>
        {run?.cluster_name ?? 'run'}
      </Link>{' '}
      <code className="dim" title={runId}>
        {shortId(runId)}
      </code>{' '}
      {run?.verdict && <Status status={run.verdict} />}{' '}
      {run && (
        <span className="dim">
          {run.measurement?.instance_type ?? run.provider}, {run.measurement?.device_name ?? 'nothing measured'},{' '}
          <Throughput value={run.throughput_images_per_sec} interval={null} />
        </span>
      )}
    </span>
  )
}

function Result({ runIds }: { runIds: readonly string[] }) {
  const { data: comparison, error, refetch } = useQuery(comparisonQuery(runIds))
  // A refusal stays one, however often it is asked.
  if (isRadixError(error, 'COMPARISON_REFUSED')) return <ErrorNote error={error} />
  if (error) return <ErrorNote error={error} onRetry={() => void refetch()} />
  if (!comparison) return <LoadingPage />
  return (
    <>
      <ChangeList comparison={comparison} />
      <ComparisonTable comparison={comparison} />
    </>
  )
}
