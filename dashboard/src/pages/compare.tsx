/** Runs side by side: what each measured, by how much it differs from the first, and why some cannot be compared. */
import { useQueries, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { isRadixError } from '../../../src/errors/radix-error.ts'
import { comparisonQuery, runQuery, signatureQuery } from '../api/queries.ts'
import { ChangeList } from '../parts/compare/change-list.tsx'
import { type ChosenRun, ChosenRuns } from '../parts/compare/chosen-runs.tsx'
import { ComparisonTable } from '../parts/compare/comparison-table.tsx'
import { orderRuns } from '../parts/compare/order.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { LoadingPage } from '../parts/loading-page.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import { readPicked, writePicked } from '../parts/run/picked.ts'
import { isBroken } from '../parts/run/trust.ts'

export function Compare() {
  usePageTitle('Compare')
  const { runs, first } = useSearch({ from: '/signed-in/compare' })
  const runIds = readPicked(runs)
  const chosen = useChosenRuns(runIds, first)
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
            Select other runs
          </Link>
        </div>
      </header>
      {chosen ? <Chosen chosen={chosen} /> : <LoadingPage />}
    </>
  )
}

/** Undefined until it is known which of them is the oldest, and which do not count. */
function useChosenRuns(runIds: readonly string[], first: string | undefined): ChosenRun[] | undefined {
  const found = useQueries({ queries: runIds.map((runId) => runQuery(runId)) })
  const runs = found.flatMap(({ data }) => data ?? [])
  const signatures = useQueries({
    queries: runs.map((run) => ({ ...signatureQuery(run), enabled: run.has_evidence })),
  })
  if (found.some(({ isPending }) => isPending)) return undefined
  if (signatures.some(({ isLoading }) => isLoading)) return undefined
  const isLeftOut = (runId: string) => {
    const signature = signatures[runs.findIndex(({ run_id }) => run_id === runId)]?.data
    return signature !== undefined && isBroken(signature)
  }
  const ordered = orderRuns(runIds, new Map(runs.map((run) => [run.run_id, run.created_at])), first)
  const compared = ordered.filter((runId) => !isLeftOut(runId))
  return [...compared, ...ordered.filter(isLeftOut)].map((runId) => ({
    runId,
    run: runs.find(({ run_id }) => run_id === runId),
    label: isLeftOut(runId) ? null : String.fromCharCode(65 + compared.indexOf(runId)),
  }))
}

function Chosen({ chosen }: { chosen: readonly ChosenRun[] }) {
  const compared = chosen.filter(({ label }) => label !== null).map(({ runId }) => runId)
  return (
    <>
      {chosen.length > 0 && <ChosenRuns chosen={chosen} />}
      {compared.length > 1 ? (
        <Result runIds={compared} />
      ) : (
        <div className="note">
          <p>
            <strong>Select at least two runs to compare.</strong> The list of <Link to="/runs">runs</Link> has a
            checkbox for every run with a measurement.
          </p>
        </div>
      )}
    </>
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
