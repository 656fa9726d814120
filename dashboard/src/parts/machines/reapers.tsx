/** The reapers: when each last succeeded, and what it saw. One that has silently stopped is worse than none. */
import { useQueryClient } from '@tanstack/react-query'
import type { ReapedThing, Reaper } from '../../../../src/contract/schemas/machine.ts'
import { client } from '../../api/client.ts'
import { reapersQuery } from '../../api/queries.ts'
import { Command } from '../command.tsx'
import { ConfirmButton } from '../confirm-button.tsx'
import { describeSpan, TimeAgo, useNow } from '../time.tsx'

/** Missed so often, a sweep is missing. */
const MISSED_INTERVALS = 3
/** For reapers that are started one by one, by a schedule that is not known here. */
const SINGLE_SWEEP_SECONDS = 3600

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
        <strong>No reaper has reported yet.</strong> A reaper looks for machines by their tags alone and ends what
        outlived its run, should everything else have failed. Let one run on a machine with AWS credentials:
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
            {dry_run && ', only looked'}
            {interval_seconds !== null && `; one every ${describeSpan(interval_seconds * 1000)}`}
          </dd>
        </div>
      </dl>
      {unseen.map((place) => (
        <p key={place.name} className="note bad apart">
          <strong>Could not look at {place.name}:</strong> {place.error}
        </p>
      ))}
      {things.length > 0 ? <Things name={name} things={things} /> : <p className="dim">It saw nothing of ours.</p>}
      {left_out && (
        <p className="dim">
          Not shown, as the list would be too long: {left_out.things} more things that it saw, {left_out.unseen} more
          places that it could not look at.
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
        label="Forget"
        title={`Forget the reaper ${name}?`}
        confirm="Forget"
        refuse="Keep it"
        action={forget}
      >
        <p>What it last saw is not shown any more. Should it still be at work, its next sweep brings it back.</p>
      </ConfirmButton>
    </div>
  )
}

function ReaperStatus({ reaper: { last_success_at, interval_seconds, success } }: { reaper: Reaper }) {
  const now = useNow()
  if (last_success_at === null) return <span className="status bad">has never succeeded</span>
  const dueSeconds = MISSED_INTERVALS * (interval_seconds ?? SINGLE_SWEEP_SECONDS)
  const isLate = now - Date.parse(last_success_at) > dueSeconds * 1000
  if (!success && !isLate) return <span className="status busy">the last sweep failed</span>
  return isLate ? <span className="status bad">overdue</span> : <span className="status good">at work</span>
}

function Things({ name, things }: { name: string; things: readonly ReapedThing[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must scroll by keyboard, too
    <section className="table" aria-label={`What ${name} saw`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {['Thing', 'Region', 'Created', 'Decision', 'Outcome'].map((heading) => (
              <th key={heading} scope="col">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {things.map((thing) => (
            <tr key={`${thing.kind} ${thing.id}`}>
              <td data-heading="Thing">
                <div>
                  {thing.kind} <code>{thing.id}</code>
                  <span className="second dim">{thing.detail}</span>
                </div>
              </td>
              <td data-heading="Region">{thing.region}</td>
              <td data-heading="Created">
                <TimeAgo at={thing.created_at} absent="not known" />
              </td>
              <td data-heading="Decision">{thing.decision}</td>
              <td data-heading="Outcome">
                <span className={`status ${OUTCOME_TONES[thing.outcome]}`}>{thing.error ?? thing.outcome}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const OUTCOME_TONES: Record<ReapedThing['outcome'], 'good' | 'busy' | 'idle' | 'bad'> = {
  kept: 'idle',
  'would be removed': 'busy',
  removed: 'good',
  failed: 'bad',
  'over budget': 'bad',
}
