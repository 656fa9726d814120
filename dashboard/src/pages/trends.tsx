/** What kinds of machines deliver, and whether that changed: a series for each kind and what was measured on it. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { TrendSeries } from '../../../src/contract/schemas/comparison.ts'
import { RECIPES } from '../../../src/contract/schemas/workload.ts'
import { trendsQuery } from '../api/queries.ts'
import { ChoiceFilter } from '../parts/choice-filter.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { LoadingPage } from '../parts/loading-page.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import { MachineTable } from '../parts/trends/machine-table.tsx'
import { DEFAULT_PERIOD, PERIODS, type Period, sinceOf } from '../parts/trends/period.ts'
import { SeriesCard } from '../parts/trends/series-card.tsx'
import { WorkloadFilter } from '../parts/workload-filter.tsx'

export function Trends() {
  usePageTitle('Trends')
  const { workload, recipe, period = DEFAULT_PERIOD } = useSearch({ from: '/signed-in/trends' })
  const navigate = useNavigate({ from: '/trends' })
  const since = sinceOf(period)
  const { data, error, refetch } = useQuery(trendsQuery({ workload, recipe, since }))
  return (
    <>
      <header className="heading">
        <h1>Trends</h1>
      </header>
      <search className="filter">
        <WorkloadFilter
          value={workload}
          onChange={(chosen) => void navigate({ search: (before) => ({ ...before, workload: chosen }), replace: true })}
        />
        <ChoiceFilter
          label="Recipe"
          choices={RECIPES}
          value={recipe}
          onChange={(chosen) => void navigate({ search: (before) => ({ ...before, recipe: chosen }), replace: true })}
        />
        <PeriodFilter
          value={period}
          onChange={(chosen) => void navigate({ search: (before) => ({ ...before, period: chosen }), replace: true })}
        />
      </search>
      {error && !data && <ErrorNote error={error} onRetry={() => void refetch()} />}
      {!error && !data && <LoadingPage />}
      {data && (data.items.length === 0 ? <NoSeries /> : <AllSeries series={data.items} />)}
    </>
  )
}

function PeriodFilter({ value, onChange }: { value: Period; onChange: (period: Period) => void }) {
  return (
    <label>
      Period
      <select
        value={value}
        onChange={({ target }) =>
          onChange(PERIODS.find((each) => each.value === target.value)?.value ?? DEFAULT_PERIOD)
        }
      >
        {PERIODS.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </select>
    </label>
  )
}

function AllSeries({ series }: { series: readonly TrendSeries[] }) {
  const workloads = useMemo(() => [...Map.groupBy(series, ({ workload }) => workload.name)], [series])
  return (
    <>
      <h2>By machine type</h2>
      {workloads.map(([name, own]) => (
        <section key={name}>
          {workloads.length > 1 && <h3>{name}</h3>}
          <MachineTable label={workloads.length > 1 ? `By machine type, ${name}` : 'By machine type'} series={own} />
        </section>
      ))}
      <h2>Over time</h2>
      <p className="dim">
        All runs in a chart measure the same workload on the same machine type. Whiskers show the 95 % interval over the
        trials of a run. A hollow dot is a suspect result: read its reasons before you use it.
      </p>
      <div className="cards trends">
        {series.map((each) => (
          <SeriesCard key={each.series_id} series={each} />
        ))}
      </div>
    </>
  )
}

function NoSeries() {
  return (
    <div className="note">
      <p>
        <strong>No measurements in this period.</strong> Every run with a usable result appears here.
      </p>
      <p>
        Choose a longer period above, or start a benchmark on a <Link to="/clusters">cluster</Link>.
      </p>
    </div>
  )
}
