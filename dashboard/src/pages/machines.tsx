/** What is alive and costs money, what should not be any more, and whether somebody looks after it. */
import { useQuery } from '@tanstack/react-query'
import { machinesQuery, reapersQuery } from '../api/queries.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { LoadingPage } from '../parts/loading-page.tsx'
import { findAlive, isOverdue } from '../parts/machines/alive.ts'
import { AliveMachines } from '../parts/machines/alive-machines.tsx'
import { Reapers } from '../parts/machines/reapers.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import { useNow } from '../parts/time.tsx'

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
                  {overdue.length === 1 ? 'A machine is' : `${overdue.length} machines are`} alive beyond the deadline,
                  and may cost money.
                </strong>
              </p>
              <p>
                <strong>Fix:</strong> <code>radix bench cleanup {overdue[0]?.runId} --provider ec2</code>, or{' '}
                <code>radix reap --apply --aws-region REGION</code>
              </p>
            </div>
          )}
          <AliveMachines machines={alive} reapers={reapers.data.items} />
          <Reapers reapers={reapers.data.items} />
        </>
      )}
    </>
  )
}
