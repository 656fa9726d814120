/** What is alive and costs money, what should not be any more, and whether a reaper is watching it. */
import { useQuery } from '@tanstack/react-query'
import { machinesQuery, reapersQuery } from '../api/queries.ts'
import { ErrorNote, WithCode } from '../parts/error-note.tsx'
import { formatUsd } from '../parts/format.ts'
import { LoadingPage } from '../parts/loading-page.tsx'
import { type Alive, findAlive, isOverdue } from '../parts/machines/alive.ts'
import { AliveMachines } from '../parts/machines/alive-machines.tsx'
import { BudgetTable } from '../parts/machines/budget.tsx'
import { cleanUpCommand } from '../parts/machines/clean-up-command.ts'
import { costSoFar } from '../parts/machines/cost.ts'
import { Reapers } from '../parts/machines/reapers.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import { useNow } from '../parts/time.tsx'

/** Of those whose price is known. */
function describeTotal(machines: readonly Alive[], nowMs: number): string {
  const costs = machines.flatMap(({ billed }) => (billed && costSoFar(billed, nowMs)) ?? [])
  if (costs.length === 0) return ''
  const usd = costs.reduce((sum, each) => sum + each, 0)
  return `: ${costs.length < machines.length ? 'at least ' : ''}${formatUsd(usd)} so far`
}

/** Commands that can be pasted as they are. */
function describeFix(machines: readonly Alive[]): string {
  const ofRun = machines.find(({ isRunKnown }) => isRunKnown)
  const region = machines.find(({ seenBy }) => seenBy !== null)?.seenBy?.region
  return [
    ofRun && `\`${cleanUpCommand(ofRun.runId, ofRun.run?.provider ?? 'ec2')}\``,
    region !== undefined && `\`radix reap --apply --aws-region ${region}\``,
  ]
    .filter(Boolean)
    .join(', or ')
}

export function Machines() {
  usePageTitle('Machines')
  const machines = useQuery(machinesQuery)
  const reapers = useQuery(reapersQuery)
  const now = useNow()
  const error = machines.error ?? reapers.error
  const isKnown = machines.data !== undefined && reapers.data !== undefined
  const alive = isKnown ? findAlive(machines.data.items, reapers.data.items) : []
  const overdue = alive.filter((machine) => isOverdue(machine, now))
  return (
    <>
      <header className="heading">
        <h1>Machines</h1>
      </header>
      {error && !isKnown && (
        <ErrorNote
          error={error}
          onRetry={() => {
            void machines.refetch()
            void reapers.refetch()
          }}
        />
      )}
      {!error && !isKnown && <LoadingPage />}
      {isKnown && (
        <>
          {overdue.length > 0 && (
            <div className="note bad" role="alert">
              <p>
                <strong>
                  {overdue.length === 1
                    ? 'A machine is past its deadline'
                    : `${overdue.length} machines are past their deadlines`}{' '}
                  and may still cost money{describeTotal(overdue, now)}.
                </strong>
              </p>
              <p>
                <strong>Fix:</strong> <WithCode text={describeFix(overdue)} />
              </p>
            </div>
          )}
          <AliveMachines machines={alive} reapers={reapers.data.items} />
          <BudgetTable />
          <Reapers reapers={reapers.data.items} />
        </>
      )}
    </>
  )
}
