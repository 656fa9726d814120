/** The machines that are known to be alive, with their age, their deadline, and who says so. */
import { Link } from '@tanstack/react-router'
import type { Reaper } from '../../../../src/contract/schemas/machine.ts'
import { formatUsd, shortId } from '../format.ts'
import { Status } from '../status.tsx'
import { type Column, Table } from '../table.tsx'
import { describeSpan, formatExactTime, TimeAgo, useNow } from '../time.tsx'
import { type Alive, isOverdue } from './alive.ts'
import { costSoFar } from './cost.ts'

interface AliveMachinesProps {
  machines: readonly Alive[]
  reapers: readonly Reaper[]
}

export function AliveMachines({ machines, reapers }: AliveMachinesProps) {
  if (machines.length === 0) {
    const isBlind = reapers.some(
      ({ success, unseen, left_out }) => !success || unseen.length > 0 || left_out !== undefined,
    )
    return (
      <div className={isBlind ? 'note' : 'note good'}>
        <p>
          <strong>No machines are known to be running.</strong> Every run has confirmed the termination of its machine
          {describeWitness(reapers, isBlind)}
        </p>
      </div>
    )
  }
  return (
    <Table
      label="Machines not confirmed as terminated"
      columns={COLUMNS}
      keyOf={({ machineId }) => machineId}
      items={machines}
    />
  )
}

function describeWitness(reapers: readonly Reaper[], isBlind: boolean): string {
  if (reapers.length === 0) return '. No reaper looks for machines that no run recorded.'
  return isBlind ? '. A reaper could not look everywhere.' : ', and no reaper found any other.'
}

const COLUMNS: readonly Column<Alive>[] = [
  {
    heading: 'Machine',
    sortBy: ({ machineId }) => machineId,
    show: ({ machineId, what }) => (
      <>
        <code title={machineId}>{machineId}</code>
        <span className="second dim">{what}</span>
      </>
    ),
  },
  {
    heading: 'State',
    sortBy: ({ state }) => state,
    show: ({ state }) => (state ? <Status status={state} /> : <span className="dim">unknown</span>),
  },
  { heading: 'Run', sortBy: ({ run, runId }) => run?.cluster_name ?? runId, show: showRun },
  {
    heading: 'Age',
    // From the youngest on.
    sortBy: ({ launchedAt }) => launchedAt && -Date.parse(launchedAt),
    show: ({ launchedAt }) => (launchedAt === null ? '–' : <Age at={launchedAt} />),
  },
  {
    heading: 'Deadline',
    sortBy: ({ deadlineAt }) => deadlineAt && Date.parse(deadlineAt),
    show: (machine) => (machine.deadlineAt === null ? 'none' : <Deadline at={machine.deadlineAt} isOver={machine} />),
  },
  { heading: 'Cost so far', isNumber: true, show: (machine) => <Cost machine={machine} /> },
  { heading: 'Seen by', show: showWitnesses },
]

function showRun({ run, runId, isRunKnown }: Alive) {
  return (
    <>
      {isRunKnown ? (
        <Link to="/runs/$runId" params={{ runId }} title={run?.cluster_name}>
          {run?.cluster_name ?? 'run'}
        </Link>
      ) : (
        <span className="dim">not a run of this control plane</span>
      )}{' '}
      <code className="dim" title={runId}>
        {shortId(runId)}
      </code>
      {run && (
        <span className="second">
          <Status status={run.run_status} />
        </span>
      )}
    </>
  )
}

function showWitnesses({ run, seenBy }: Alive) {
  return (
    <>
      {[run && `its run (${run.provider})`, seenBy && `reaper ${seenBy.name}`].filter(Boolean).join(', ')}
      {seenBy && (
        <span className="second dim">
          <TimeAgo at={seenBy.at} />
        </span>
      )}
    </>
  )
}

function Age({ at }: { at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={`launched ${formatExactTime(at)}`}>
      {describeSpan(now - Date.parse(at))}
    </time>
  )
}

/** Ticking, and beside it what the run was to cost at worst. */
function Cost({ machine }: { machine: Alive }) {
  const now = useNow()
  const soFar = machine.billed && costSoFar(machine.billed, now)
  const worst = machine.run?.worst_case_cost_usd ?? null
  return (
    <div>
      {soFar === null ? (
        <span className="dim">unknown</span>
      ) : (
        <strong className={isOverdue(machine, now) ? 'status bad' : undefined}>{formatUsd(soFar)}</strong>
      )}
      {worst !== null && (
        <span className="second dim">
          {soFar !== null && soFar > worst ? 'above the worst case of' : 'worst case'} {formatUsd(worst)}
        </span>
      )}
    </div>
  )
}

function Deadline({ at, isOver }: { at: string; isOver: Alive }) {
  const now = useNow()
  const leftMs = Date.parse(at) - now
  return (
    <time dateTime={at} title={formatExactTime(at)} className={isOverdue(isOver, now) ? 'status bad' : undefined}>
      {leftMs < 0 ? `${describeSpan(-leftMs)} overdue` : `in ${describeSpan(leftMs)}`}
    </time>
  )
}
