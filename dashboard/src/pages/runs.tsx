/** The runs of a tenant, newest first; those that are picked can be compared. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import { VERDICT_LEVELS } from '../../../src/contract/schemas/comparison.ts'
import { PROVIDER_NAMES, type RunSummary } from '../../../src/contract/schemas/run.ts'
import { RECIPES } from '../../../src/contract/schemas/workload.ts'
import { DASHBOARD_LIMITS } from '../../../src/core/limits/dashboard.ts'
import { RUN_STATUSES } from '../../../src/core/transitions.ts'
import { JOB_KINDS, workloadOf } from '../../../src/workloads/index.ts'
import { runsQuery } from '../api/queries.ts'
import { ChoiceFilter } from '../parts/choice-filter.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { formatSeconds, formatUsd, secondsBetween, shortId } from '../parts/format.ts'
import { usePageTitle } from '../parts/page-title.ts'
import { readPicked, togglePicked, writePicked } from '../parts/run/picked.ts'
import { Throughput } from '../parts/run/throughput.tsx'
import { SearchInput } from '../parts/search-input.tsx'
import { Status } from '../parts/status.tsx'
import type { Column } from '../parts/table.tsx'
import { TimeAgo } from '../parts/time.tsx'
import { WorkloadFilter } from '../parts/workload-filter.tsx'

const COLUMNS: readonly Column<RunSummary>[] = [
  {
    heading: 'Run',
    place: 'two lines',
    sortBy: ({ cluster_name }) => cluster_name,
    show: ({ run_id, cluster_name, parameters }) => (
      <>
        <Link to="/runs/$runId" params={{ runId: run_id }} title={cluster_name}>
          {cluster_name}
        </Link>{' '}
        <code className="dim" title={run_id}>
          {shortId(run_id)}
        </code>
        <span className="second dim">{describeRun(parameters)}</span>
      </>
    ),
  },
  { heading: 'Status', sortBy: ({ status }) => status, show: ({ status }) => <Status status={status} /> },
  {
    heading: 'Verdict',
    sortBy: ({ verdict }) => verdict,
    show: ({ verdict }) => (verdict ? <Status status={verdict} /> : '–'),
  },
  {
    heading: 'Throughput',
    isNumber: true,
    place: 'two lines',
    sortBy: ({ throughput }) => throughput?.value ?? null,
    show: ({ throughput, measurement, verdict }) => (
      <Throughput rate={throughput} interval={measurement?.interval ?? null} verdict={verdict} />
    ),
  },
  {
    heading: 'Machine',
    place: 'two lines',
    sortBy: nameMachine,
    show: (run) => (
      <>
        {nameMachine(run)}
        {run.measurement && <span className="second dim">{run.measurement.device_name}</span>}
      </>
    ),
  },
  {
    heading: 'Cost',
    isNumber: true,
    sortBy: ({ measurement }) => measurement?.machine_usd ?? null,
    isMinor: true,
    show: ({ measurement }) => (measurement?.machine_usd == null ? '–' : formatUsd(measurement.machine_usd)),
  },
  {
    heading: 'Duration',
    isNumber: true,
    sortBy: ({ created_at, ended_at }) => secondsBetween(created_at, ended_at) ?? null,
    isMinor: true,
    show: ({ created_at, ended_at }) => formatSeconds(secondsBetween(created_at, ended_at)),
  },
  { heading: 'Started', sortBy: ({ created_at }) => created_at, show: ({ created_at }) => <TimeAgo at={created_at} /> },
]

/** The other one is for tests. */
const SHOWN_PROVIDERS = PROVIDER_NAMES.filter((name) => name !== 'fake')

function nameMachine({ measurement, machine, provider }: RunSummary): string {
  return measurement?.instance_type ?? machine?.instance_type ?? provider
}

function describeRun({ job_kind, recipe, trials }: RunSummary['parameters']): string {
  const count = typeof trials === 'number' ? `${trials} trial${trials === 1 ? '' : 's'}` : null
  return [typeof recipe === 'string' ? recipe : nameWorkload(job_kind), count].filter(Boolean).join(', ')
}

function nameWorkload(jobKind: unknown): string | null {
  const kind = JOB_KINDS.find((each) => each === jobKind)
  return kind ? workloadOf(kind).name : null
}

export function Runs() {
  usePageTitle('Runs')
  const { pick, ...filter } = useSearch({ from: '/signed-in/runs' })
  const navigate = useNavigate({ from: '/runs' })
  const search = useCallback(
    (text: string | undefined) => void navigate({ search: (before) => ({ ...before, search: text }), replace: true }),
    [navigate],
  )
  const filterBy = (change: Partial<typeof filter>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
  const found = useInfiniteQuery(runsQuery(filter))
  const picked = readPicked(pick)
  const setPicked = (runIds: readonly string[]) =>
    void navigate({ search: (before) => ({ ...before, pick: writePicked(runIds) }), replace: true })
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  return (
    <>
      <header className="heading">
        <h1>Runs</h1>
      </header>
      <search className="filter">
        <SearchInput label="Find" placeholder="name, GPU, instance type, id" value={filter.search} onSearch={search} />
        <ChoiceFilter
          label="Status"
          choices={RUN_STATUSES}
          value={filter.status}
          onChange={(status) => filterBy({ status })}
        />
        <ChoiceFilter
          label="Verdict"
          choices={VERDICT_LEVELS}
          value={filter.verdict}
          onChange={(verdict) => filterBy({ verdict })}
        />
        <WorkloadFilter value={filter.workload} onChange={(workload) => filterBy({ workload })} />
        <ChoiceFilter
          label="Recipe"
          choices={RECIPES}
          value={filter.recipe}
          onChange={(recipe) => filterBy({ recipe })}
        />
        <ChoiceFilter
          label="Provider"
          choices={SHOWN_PROVIDERS}
          value={filter.provider}
          onChange={(provider) => filterBy({ provider })}
        />
      </search>
      <DataTable
        label="Runs"
        columns={[pickColumn(picked, setPicked), ...COLUMNS]}
        keyOf={({ run_id }) => run_id}
        found={found}
        isCompact
        empty={isFiltered ? <p>No runs match these filters.</p> : <NoRuns />}
      />
      {picked.length > 0 && <PickedBar picked={picked} onClear={() => setPicked([])} />}
    </>
  )
}

/** What has no number cannot be compared. */
function pickColumn(picked: readonly string[], setPicked: (runIds: readonly string[]) => void): Column<RunSummary> {
  return {
    heading: 'Compare',
    show: ({ run_id, cluster_name, measurement }) => (
      <input
        type="checkbox"
        aria-label={`Compare ${cluster_name} ${shortId(run_id)}`}
        title={measurement ? undefined : 'This run has no measurement to compare'}
        checked={picked.includes(run_id)}
        disabled={!measurement || (picked.length >= DASHBOARD_LIMITS.comparedRuns.value && !picked.includes(run_id))}
        onChange={() => setPicked(togglePicked(picked, run_id))}
      />
    ),
  }
}

function PickedBar({ picked, onClear }: { picked: readonly string[]; onClear: () => void }) {
  return (
    <section className="picked" aria-label="Selected runs">
      <span role="status">
        {picked.length === 1 ? '1 run selected: select another one to compare' : `${picked.length} runs selected`}
      </span>
      <span className="actions">
        <button type="button" onClick={onClear}>
          Clear
        </button>
        {picked.length > 1 && (
          <Link to="/compare" search={{ runs: writePicked(picked) }} className="button main">
            Compare
          </Link>
        )}
      </span>
    </section>
  )
}

function NoRuns() {
  return (
    <>
      <p>
        <strong>No runs yet.</strong> A run measures a machine and produces evidence.
      </p>
      <p>
        Start one on the page of an active <Link to="/clusters">cluster</Link>, from GitHub Actions, or from a terminal:
      </p>
      <pre>./radix bench run --trials 3</pre>
    </>
  )
}
