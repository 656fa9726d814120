/** The reapers: when each last succeeded, and what it saw. One that has silently stopped is worse than none. */
import { useQueryClient } from '@tanstack/react-query'
import type { ReapedThing, Reaper } from '../../../../src/contract/schemas/machine.ts'
import { MISSED_SWEEPS, SINGLE_SWEEP_SECONDS } from '../../../../src/core/reaper-schedule.ts'
import { client } from '../../api/client.ts'
import { reapersQuery } from '../../api/queries.ts'
import { Command } from '../command.tsx'
import { ConfirmButton } from '../confirm-button.tsx'
import { type Column, Table } from '../table.tsx'
import { describeSpan, TimeAgo, useNow } from '../time.tsx'

export function Reapers({ reapers }: { reapers: readonly Reaper[] }) {
  return (
    <>
      <h2>Reapers</h2>
      {reapers.length === 0 ? <NoReaper /> : reapers.map((each) => <ReaperCard key={each.name} reaper={each} />)}
    </>
  )
}

function NoReaper() {
  return (
    <div className="note">
      <p>
        <strong>No reaper has reported yet.</strong> A reaper finds machines by their tags and terminates any that
        outlived their run, even when every other clean-up failed. Start one on a machine with AWS credentials:
      </p>
      <Command
        label="Command that starts a reaper"
        text={`radix reap --apply --watch --aws-region us-west-2 --report-as ops --api-base ${window.location.origin}`}
      />
    </div>
  )
}

function ReaperCard({ reaper }: { reaper: Reaper }) {
  const { name, last_success_at, at, success, dry_run, things, unseen, left_out, interval_seconds } = reaper
  return (
    <section className="card" aria-label={`Reaper ${name}`}>
      <header className="heading">
        <h3>{name}</h3>
        <ReaperStatus reaper={reaper} />
        <Forget name={name} />
      </header>
      <dl className="facts">
        <div>
          <dt>Last success</dt>
          <dd>
            <TimeAgo at={last_success_at} />
          </dd>
        </div>
        <div>
          <dt>Last sweep</dt>
          <dd>
            <TimeAgo at={at} /> {success ? 'succeeded' : 'failed'}
            {dry_run && ' (dry run)'}
            {interval_seconds !== null && `; repeats every ${describeSpan(interval_seconds * 1000)}`}
          </dd>
        </div>
      </dl>
      {unseen.map((place) => (
        <p key={place.name} className="note bad apart">
          <strong>Could not look at {place.name}:</strong> {place.error}
        </p>
      ))}
      {things.length > 0 ? (
        <Things name={name} things={things} />
      ) : (
        <p className="dim">It found nothing that Radix created.</p>
      )}
      {left_out && (
        <p className="dim">
          The report was too long. It omits {left_out.things} resources and {left_out.unseen} places that could not be
          checked.
        </p>
      )}
    </section>
  )
}

/** One that was retired would be overdue for ever. */
function Forget({ name }: { name: string }) {
  const queryClient = useQueryClient()
  const forget = async () => {
    await client.call('forgetReaper', { params: { name } })
    await queryClient.invalidateQueries({ queryKey: reapersQuery.queryKey })
  }
  return (
    <div className="actions">
      <ConfirmButton
        route="forgetReaper"
        label="Forget"
        title={`Forget the reaper ${name}?`}
        confirm="Forget"
        refuse="Keep reaper"
        action={forget}
      >
        <p>Its last report is deleted. If the reaper is still running, its next sweep adds it again.</p>
      </ConfirmButton>
    </div>
  )
}

function ReaperStatus({ reaper: { last_success_at, interval_seconds, success } }: { reaper: Reaper }) {
  const now = useNow()
  if (last_success_at === null) return <span className="status bad">never succeeded</span>
  const dueSeconds = MISSED_SWEEPS * (interval_seconds ?? SINGLE_SWEEP_SECONDS)
  const isLate = now - Date.parse(last_success_at) > dueSeconds * 1000
  if (!success && !isLate) return <span className="status busy">last sweep failed</span>
  return isLate ? <span className="status bad">overdue</span> : <span className="status good">on schedule</span>
}

function Things({ name, things }: { name: string; things: readonly ReapedThing[] }) {
  return <Table label={`Found by ${name}`} columns={COLUMNS} keyOf={({ kind, id }) => `${kind} ${id}`} items={things} />
}

const COLUMNS: readonly Column<ReapedThing>[] = [
  {
    heading: 'Resource',
    sortBy: ({ kind, id }) => `${kind} ${id}`,
    show: ({ kind, id, detail }) => (
      <>
        {kind} <code title={id}>{id}</code>
        <span className="second dim">{detail}</span>
      </>
    ),
  },
  { heading: 'Region', sortBy: ({ region }) => region, show: ({ region }) => region },
  {
    heading: 'Created',
    sortBy: ({ created_at }) => created_at,
    show: ({ created_at }) => <TimeAgo at={created_at} absent="unknown" />,
  },
  { heading: 'Decision', sortBy: ({ decision }) => decision, show: ({ decision }) => decision },
  {
    heading: 'Outcome',
    sortBy: ({ outcome }) => outcome,
    show: ({ outcome, error }) => <span className={`status ${OUTCOME_TONES[outcome]}`}>{error ?? outcome}</span>,
  },
]

const OUTCOME_TONES: Record<ReapedThing['outcome'], 'good' | 'busy' | 'idle' | 'bad'> = {
  kept: 'idle',
  'would be removed': 'busy',
  removed: 'good',
  failed: 'bad',
  'over budget': 'bad',
}
