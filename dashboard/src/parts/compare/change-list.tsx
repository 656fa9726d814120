/** By how much each run differs from the first, in a sentence, and what else differs between them. */
import type { ComparedChange, ComparedRun, Comparison } from '../../../../src/contract/schemas/comparison.ts'
import { describeSpan, ExactTime } from '../time.tsx'
import { describeCertainty, describeDirection, toneOf } from './describe-change.ts'

export function ChangeList({ comparison: { runs, changes } }: { comparison: Comparison }) {
  const [first] = runs
  if (!first) return null
  return (
    <section className="card" aria-label="Changes">
      <h2>
        Compared with {first.label}, <ExactTime at={first.measurement.measured_at} />
      </h2>
      <ul className="changes">
        {changes.map((each) => {
          const run = runs.find(({ label }) => label === each.label)
          return run && <Item key={each.label} change={each} first={first} run={run} />
        })}
      </ul>
    </section>
  )
}

interface ItemProps {
  change: ComparedChange
  first: ComparedRun
  run: ComparedRun
}

function Item({ change: { label, change, other_machine, differences }, first, run }: ItemProps) {
  return (
    <li>
      <p>
        <strong className="letter">{label}</strong>{' '}
        {change ? (
          <ChangeWords change={change} first={first} run={run} />
        ) : (
          <span>
            {other_machine.length > 0
              ? 'Different machine type; a percentage change is not meaningful.'
              : 'Measured on a CPU, which only proves that the flow works; a percentage change is not meaningful.'}
          </span>
        )}
      </p>
      {other_machine.length > 0 && <p className="dim">{other_machine.join('; ')}</p>}
      {differences.length > 0 && (
        <p className="dim">
          Other differences between {first.label} and {label}:{' '}
          {differences
            .map(({ name, first: before, second }) => `${name} ${before ?? 'none'} → ${second ?? 'none'}`)
            .join('; ')}
        </p>
      )}
    </li>
  )
}

type ChangeWordsProps = Omit<ItemProps, 'change'> & { change: NonNullable<ComparedChange['change']> }

function ChangeWords({ change, first, run }: ChangeWordsProps) {
  const laterMs = Date.parse(run.measurement.measured_at) - Date.parse(first.measurement.measured_at)
  return (
    <span>
      <strong className={`change ${toneOf(change, laterMs > 0)}`}>
        {run.label} is {describeDirection(change.relative)} {first.label}
      </strong>{' '}
      <span className="dim">
        {describeCertainty(change)}; measured {describeSpan(Math.abs(laterMs))} {laterMs < 0 ? 'before' : 'after'}{' '}
        {first.label}
      </span>
    </span>
  )
}
