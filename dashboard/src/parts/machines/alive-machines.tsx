/** The machines that are known to be alive, with their age, their deadline, and who says so. */
import { Link } from '@tanstack/react-router'
import type { Reaper } from '../../../../src/contract/schemas/machine.ts'
import { formatUsd, shortId } from '../format.ts'
import { Status } from '../status.tsx'
import { describeSpan, formatExactTime, TimeAgo, useNow } from '../time.tsx'
import { type Alive, isOverdue } from './alive.ts'
import { costSoFar } from './cost.ts'

interface AliveMachinesProps {
  machines: readonly Alive[]
  reapers: readonly Reaper[]
}

export function AliveMachines({ machines, reapers }: AliveMachinesProps) {
  if (machines.length === 0) {
    const isBlind = reapers.some(({ success, unseen }) => !success || unseen.length > 0)
    return (
      <div className={isBlind ? 'note' : 'note good'}>
        <p>
          <strong>No machines are known to be running.</strong> Every machine of a run is confirmed as terminated
          {describeWitness(reapers, isBlind)}
        </p>
      </div>
    )
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must scroll by keyboard, too
    <section className="table" aria-label="Machines not confirmed as terminated" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {['Machine', 'State', 'Run', 'Age', 'Deadline'].map((heading) => (
              <th key={heading} scope="col">
                {heading}
              </th>
            ))}
            <th scope="col" className="number">
              Cost so far
            </th>
            <th scope="col">Seen by</th>
          </tr>
        </thead>
        <tbody>
          {machines.map((machine) => (
            <Row key={machine.machineId} machine={machine} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function describeWitness(reapers: readonly Reaper[], isBlind: boolean): string {
  if (reapers.length === 0) return '. No reaper looks for machines that no run recorded.'
  return isBlind ? '. A reaper could not look everywhere.' : ', and no reaper found any other.'
}

function Row({ machine }: { machine: Alive }) {
  const { machineId, what, state, run, runId, isRunKnown, launchedAt, deadlineAt, seenBy } = machine
  return (
    <tr>
      <td data-heading="Machine">
        <div>
          <code>{machineId}</code>
          <span className="second dim">{what}</span>
        </div>
      </td>
      <td data-heading="State">{state ? <Status status={state} /> : <span className="dim">unknown</span>}</td>
      <td data-heading="Run">
        <div>
          {isRunKnown ? (
            <Link to="/runs/$runId" params={{ runId }}>
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
        </div>
      </td>
      <td data-heading="Age">{launchedAt === null ? '–' : <Age at={launchedAt} />}</td>
      <td data-heading="Deadline">{deadlineAt === null ? 'none' : <Deadline at={deadlineAt} isOver={machine} />}</td>
      <td data-heading="Cost so far" className="number">
        <Cost machine={machine} />
      </td>
      <td data-heading="Seen by">
        <div>
          {[run && `its run (${run.provider})`, seenBy && `reaper ${seenBy.name}`].filter(Boolean).join(', ')}
          {seenBy && (
            <span className="second dim">
              <TimeAgo at={seenBy.at} />
            </span>
          )}
        </div>
      </td>
    </tr>
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
