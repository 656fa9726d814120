/** By how much each run differs from the first, in a sentence, and what else differs between them. */
import type { ComparedChange, ComparedRun, Comparison } from '../../../../src/contract/schemas/comparison.ts'
import { formatChange } from '../format.ts'

export function ChangeList({ comparison: { runs, changes } }: { comparison: Comparison }) {
  const [first] = runs
  if (!first) return null
  return (
    <section className="card" aria-label="Changes">
      <h2>Against {first.label}</h2>
      <ul className="changes">
        {changes.map((each) => (
          <Item key={each.label} change={each} first={first} />
        ))}
      </ul>
    </section>
  )
}

function Item({
  change: { label, change, other_machine, differences },
  first,
}: {
  change: ComparedChange
  first: ComparedRun
}) {
  return (
    <li>
      <p>
        <strong className="letter">{label}</strong>{' '}
        {change ? (
          <ChangeWords change={change} />
        ) : (
          <span>is another kind of machine: neither is a change of the other.</span>
        )}
      </p>
      {other_machine.length > 0 && <p className="dim">{other_machine.join('; ')}</p>}
      {differences.length > 0 && (
        <p className="dim">
          Between {first.label} and {label} this differs, too:{' '}
          {differences
            .map(({ name, first: before, second }) => `${name} ${before ?? 'none'} → ${second ?? 'none'}`)
            .join('; ')}
        </p>
      )}
    </li>
  )
}

function ChangeWords({ change: { relative, interval } }: { change: NonNullable<ComparedChange['change']> }) {
  if (!interval) {
    return (
      <span>
        <strong>{formatChange(relative)}</strong> <span className="dim">one trial: may be chance</span>
      </span>
    )
  }
  const mayBeChance = interval.low < 0 && interval.high > 0
  const tone = mayBeChance ? 'idle' : relative < 0 ? 'bad' : 'good'
  return (
    <span>
      <strong className={`change ${tone}`}>{formatChange(relative)}</strong>{' '}
      <span className="dim">
        95 % interval {formatChange(interval.low)} to {formatChange(interval.high)}
        {mayBeChance ? ': may be chance' : ''}
      </span>
    </span>
  )
}
