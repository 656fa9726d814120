/** One run: where it is, where its time went, what its trials measure, and what its evidence says. */
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { JobSummary } from '../../../src/contract/schemas/job.ts'
import type { Run } from '../../../src/contract/schemas/run.ts'
import { isFinal, JOB_TRANSITIONS } from '../../../src/core/transitions.ts'
import { client } from '../api/client.ts'
import { clusterQuery, evidenceQuery, jobsQuery, runQuery } from '../api/queries.ts'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { FailureNote } from '../parts/error-note.tsx'
import { Facts, toFacts } from '../parts/facts.tsx'
import { FailedPage } from '../parts/failed-page.tsx'
import { formatSeconds, formatUsd, secondsBetween, shortId } from '../parts/format.ts'
import { JOB_COLUMNS } from '../parts/job-columns.tsx'
import { LiveJob } from '../parts/live/live-job.tsx'
import { LoadingPage } from '../parts/loading-page.tsx'
import { cleanUpCommand } from '../parts/machines/clean-up-command.ts'
import { costSoFar } from '../parts/machines/cost.ts'
import { usePageTitle } from '../parts/page-title.ts'
import { RunEvidence } from '../parts/run/evidence.tsx'
import { findFailedStep } from '../parts/run/steps.ts'
import { useTrust } from '../parts/run/trust.ts'
import { Waterfall } from '../parts/run/waterfall.tsx'
import { Status } from '../parts/status.tsx'
import { TimeAgo, useNow } from '../parts/time.tsx'

export function RunPage() {
  const { runId } = useParams({ from: '/signed-in/runs/$runId' })
  const { data: run, error, refetch } = useQuery(runQuery(runId))
  usePageTitle(run ? `${run.cluster_name} ${shortId(runId)}` : 'Run')
  if (!run && error) return <FailedPage thing="run" error={error} onRetry={() => void refetch()} />
  return run ? <RunDetails key={runId} run={run} /> : <LoadingPage />
}

/** Of a run that had ended, the result first. One that is followed goes on below as it goes: nothing moves under the eyes. */
function RunDetails({ run }: { run: Run }) {
  const [isFollowed] = useState(run.ended_at === null)
  const { data: evidence, isFetched } = useQuery({ ...evidenceQuery(run), enabled: run.has_evidence })
  const trust = useTrust(run)
  const awaitsResult = run.has_evidence && ((evidence === undefined && !isFetched) || trust === 'checking')
  const result = run.has_evidence ? <RunEvidence run={run} /> : <Failure run={run} />
  const steps = (
    <section className={isFollowed ? 'card steps' : 'card'} aria-label="Steps">
      <h2>Timeline</h2>
      <Waterfall run={run} pricePerHourUsd={evidence?.cost?.price_per_hour_usd ?? null} />
    </section>
  )
  const trials = run.cluster_id !== null && <Trials run={run} clusterId={run.cluster_id} />
  return (
    <>
      <p className="trail">
        <Link to="/runs">Runs</Link>
      </p>
      <header className="heading">
        <h1>
          {run.cluster_name} <code className="dim">{shortId(run.run_id)}</code>
        </h1>
        <Status status={run.status} />
        {run.ended_at === null ? <CancelRun run={run} /> : <EndedActions run={run} isFollowed={isFollowed} />}
      </header>
      <FailedStep run={run} />
      {run.status === 'termination_unconfirmed' && <StillBilling run={run} />}
      {isFollowed && (
        <>
          {steps}
          <div className="trials">{trials}</div>
          <div id="result">{result}</div>
          <RunFacts run={run} />
        </>
      )}
      {!isFollowed && awaitsResult && <LoadingPage />}
      {!isFollowed && !awaitsResult && (
        <>
          {result}
          {steps}
          <RunFacts run={run} />
          {trials}
        </>
      )}
    </>
  )
}

function Failure({ run: { error_code, steps } }: { run: Run }) {
  // The step that failed left the words; the code alone says too little.
  const why = findFailedStep(steps)?.message ?? null
  return error_code === null ? null : <FailureNote code={error_code} why={why} />
}

function FailedStep({ run: { steps } }: { run: Run }) {
  const failed = findFailedStep(steps)
  if (!failed) return null
  return (
    <p className="failed-step">
      <span className="status bad">failed</span> at step <code>{failed.name}</code>
      {failed.started_at !== null && failed.finished_at !== null && (
        <> after {formatSeconds(secondsBetween(failed.started_at, failed.finished_at))}</>
      )}
    </p>
  )
}

function EndedActions({ run, isFollowed }: { run: Run; isFollowed: boolean }) {
  const trust = useTrust(run)
  return (
    <div className="actions">
      {run.measurement && trust !== 'broken' && (
        <Link to="/runs" search={{ pick: run.run_id }} className="button">
          Compare with…
        </Link>
      )}
      {isFollowed && (
        <a href="#result" className="button main">
          View result
        </a>
      )}
    </div>
  )
}

function RunFacts({ run }: { run: Run }) {
  return (
    <div className="cards">
      <section className="card" aria-label="Run">
        <h2>Run</h2>
        <Facts facts={runFacts(run)} />
      </section>
      {Object.keys(run.parameters).length > 0 && (
        <section className="card" aria-label="Parameters">
          <h2>Parameters</h2>
          <Facts facts={toFacts(run.parameters)} />
        </section>
      )}
    </div>
  )
}

function CancelRun({ run }: { run: Run }) {
  const queryClient = useQueryClient()
  const cancel = async () => {
    const cancelled = await client.call('cancelRun', { params: { run_id: run.run_id } })
    queryClient.setQueryData(runQuery(run.run_id).queryKey, cancelled)
  }
  if (run.cancel_requested) return <span className="dim">cancelling…</span>
  return (
    <div className="actions">
      <ConfirmButton
        route="cancelRun"
        label="Cancel run"
        title="Cancel this run?"
        confirm="Cancel run"
        refuse="Keep running"
        action={cancel}
      >
        <p>
          Its jobs are cancelled, and any machine that it launched is terminated. Results collected so far are kept.
        </p>
      </ConfirmButton>
    </div>
  )
}

function StillBilling({ run }: { run: Run }) {
  return (
    <div className="note bad" role="alert">
      <p>
        <strong>A machine of this run may still be running and costing money.</strong>{' '}
        {run.machine && (
          <>
            <code>{run.machine.machine_id}</code>, cost so far: <CostSoFar run={run} />
          </>
        )}
      </p>
      <p>
        <strong>Fix:</strong> <code>{cleanUpCommand(run.run_id, run.provider)}</code>
      </p>
    </div>
  )
}

/** The trials, and the one that runs now, live; after the end, the last one as it went. */
function Trials({ run, clusterId }: { run: Run; clusterId: string }) {
  const jobs = useInfiniteQuery(jobsQuery(clusterId, { run_id: run.run_id }))
  const { data: cluster, isFetched } = useQuery({ ...clusterQuery(clusterId), refetchInterval: false })
  const items = jobs.data?.pages.flatMap((page) => page.items) ?? []
  if (run.ended_at !== null && jobs.isSuccess && items.length === 0) return null
  const shown = items.find(({ status }) => !isFinal(JOB_TRANSITIONS, status)) ?? items[0]
  return (
    <>
      <h2>Trials</h2>
      <DataTable
        label="Trials of this run"
        columns={JOB_COLUMNS}
        keyOf={({ job_id }) => job_id}
        found={jobs}
        skeletonRows={1}
        empty={<p>No trials yet.</p>}
      />
      {shown && isFetched && (
        <section className="card now" aria-label="Trial">
          <h2>{describeShown(shown, items.length, run)}</h2>
          <LiveJob key={shown.job_id} job={shown} cluster={cluster} />
        </section>
      )}
    </>
  )
}

/** Trials are made one after another: as many have begun as there are jobs. */
function describeShown({ status }: JobSummary, begun: number, { parameters: { trials } }: Run): string {
  if (isFinal(JOB_TRANSITIONS, status)) return 'Last trial'
  return typeof trials === 'number' && trials > 1 ? `Current trial: ${begun} of ${trials}` : 'Current trial'
}

function runFacts(run: Run) {
  return [
    ['Cluster', run.cluster_id && <ClusterLink key="cluster" clusterId={run.cluster_id} name={run.cluster_name} />],
    ['Provider', run.provider],
    ['Machine', run.machine && <Machine key="machine" machine={run.machine} />],
    ['Started', <TimeAgo key="started" at={run.created_at} />],
    ['Ended', <TimeAgo key="ended" at={run.ended_at} absent="not yet" />],
    ['Deadline', <Deadline key="deadline" at={run.deadline_at} />],
    ...(run.machine && isFinalCostUnknown(run) ? [['Cost so far', <CostSoFar key="cost" run={run} />] as const] : []),
    ['Worst-case cost', run.worst_case_cost_usd === null ? null : formatUsd(run.worst_case_cost_usd)],
    ['Run id', <code key="id">{run.run_id}</code>],
  ] as const
}

/** Evidence has the cost of a machine that has ended. */
function isFinalCostUnknown({ machine }: Run): boolean {
  return machine !== null && machine.state !== 'terminated'
}

function CostSoFar({ run }: { run: Run }) {
  const now = useNow()
  const { machine, worst_case_cost_usd: worstCaseUsd, created_at: startedAt, deadline_at: deadlineAt } = run
  if (!machine) return null
  const { launched_at: launchedAt, terminated_at: terminatedAt } = machine
  const usd = costSoFar({ worstCaseUsd, startedAt, deadlineAt, launchedAt, terminatedAt }, now)
  return usd === null ? 'unknown' : <strong>{formatUsd(usd)}</strong>
}

function ClusterLink({ clusterId, name }: { clusterId: string; name: string }) {
  return (
    <Link to="/clusters/$clusterId" params={{ clusterId }}>
      {name}
    </Link>
  )
}

function Machine({ machine }: { machine: NonNullable<Run['machine']> }) {
  return (
    <>
      {machine.instance_type} <code>{machine.machine_id}</code> <Status status={machine.state} />
    </>
  )
}

const CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

function Deadline({ at }: { at: string }) {
  return <time dateTime={at}>{CLOCK.format(new Date(at))}</time>
}
