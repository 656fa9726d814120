/** What each kind of machine delivers, and what a dollar buys there. */
import type { TrendSeries } from '../../../../src/contract/schemas/comparison.ts'
import { Bar } from '../bar.tsx'
import { formatNumber, formatSpread, formatThroughput } from '../format.ts'
import { describeConditions, nameMachine } from './describe-series.ts'

export function MachineTable({ series }: { series: readonly TrendSeries[] }) {
  const sorted = series.toSorted((a, b) => b.throughput_images_per_sec.mean - a.throughput_images_per_sec.mean)
  const conditions = new Set(series.map(describeConditions))
  const largest = {
    throughput: Math.max(...series.map((each) => each.throughput_images_per_sec.mean)),
    images: Math.max(...series.map((each) => each.images_per_usd ?? 0)),
  }
  return (
    <>
      {conditions.size === 1 && <p className="dim">All: {conditions.values().next().value}.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must scroll by keyboard, too */}
      <section className="table" aria-label="By machine type" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Machine</th>
              <th scope="col">Recipe</th>
              <th scope="col" className="number">
                Runs
              </th>
              <th scope="col" className="number">
                Throughput
              </th>
              <th scope="col">
                <span className="unseen">Throughput, as a bar</span>
              </th>
              <th scope="col" className="number">
                Images per dollar
              </th>
              <th scope="col">
                <span className="unseen">Images per dollar, as a bar</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((each) => (
              <Row key={each.series_id} series={each} largest={largest} hasConditions={conditions.size > 1} />
            ))}
          </tbody>
        </table>
      </section>
    </>
  )
}

interface RowProps {
  series: TrendSeries
  largest: { throughput: number; images: number }
  /** Where they are not the same for all. */
  hasConditions: boolean
}

function Row({ series, largest, hasConditions }: RowProps) {
  const { throughput_images_per_sec: throughput, images_per_usd: images } = series
  return (
    <tr>
      <td data-heading="Machine">
        <div>
          <strong>{nameMachine(series)}</strong>
          <span className="second dim">
            {[series.instance_type !== null && series.device_name, hasConditions && describeConditions(series)]
              .filter(Boolean)
              .join('; ')}
          </span>
        </div>
      </td>
      <td data-heading="Recipe">{series.recipe}</td>
      <td data-heading="Runs" className="number">
        {formatNumber(series.run_count)}
      </td>
      <td data-heading="Throughput" className="number">
        <div>
          {formatThroughput(throughput.mean)}
          <span className="second dim" title="Half-width of the 95 % interval of the mean over runs">
            {describeSpread(series)}
          </span>
        </div>
      </td>
      <td className="drawn">
        <Bar value={throughput.mean} largest={largest.throughput} />
      </td>
      <td data-heading="Images per dollar" className="number">
        {images === null ? <span className="dim">no price</span> : formatNumber(images)}
      </td>
      <td className="drawn">{images !== null && <Bar value={images} largest={largest.images} />}</td>
    </tr>
  )
}

/** Two runs give an interval, and a very wide one. */
const LEAST_RUNS = 3

/** Between runs: machines of one type differ, which no interval of a single run shows. */
function describeSpread({ points, throughput_images_per_sec: { mean, low, high } }: TrendSeries): string {
  if (low === null || high === null) return 'one run'
  if (points.length < LEAST_RUNS) return `${points.length} run${points.length === 1 ? '' : 's'}`
  return `${formatSpread(mean, { low, high })} between runs`
}
