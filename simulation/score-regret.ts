/**
 * Does ranking by score get better as observations grow? A simulated truth that the model is not told: GPU types with
 * speeds, efficiencies per recipe, overheads, noise and failures of their own. Each job goes to the GPU type that scores
 * best (one that was never observed first), and what happens is observed. Regret is how much more time the choice costs on
 * average than the best one would have, retries after failures included: an oracle's is 0.
 *
 *   node simulation/score-regret.ts [--seed N] [--jobs N] [--repeats N]
 */
import { parseArgs } from 'node:util'
import type { JobDescription } from '../src/control-plane/telemetry/design.ts'
import type { Observation } from '../src/control-plane/telemetry/model.ts'
import { rankCandidates } from '../src/control-plane/telemetry/rank.ts'
import { CONTROL_PLANE_LIMITS } from '../src/core/limits/control-plane.ts'
import { type Random, seededRandom } from '../src/core/seeded-random.ts'

interface SimulatedGpu {
  name: string
  imagesPerSecond: number
  /** How much faster the recipe `tuned` is. */
  tunedSpeedUp: number
  /** Seconds before the first step, whatever the job. */
  overheadSeconds: number
  /** Standard deviation of the log of the runtime between runs of one job. */
  noise: number
  failureProbability: number
}

/** Invented, but of the shape of real ones: no GPU type is the best for every job. */
const TRUTH: readonly SimulatedGpu[] = [
  {
    name: 'steady',
    imagesPerSecond: 350,
    tunedSpeedUp: 1.9,
    overheadSeconds: 12,
    noise: 0.04,
    failureProbability: 0.02,
  },
  { name: 'old', imagesPerSecond: 140, tunedSpeedUp: 1.5, overheadSeconds: 4, noise: 0.03, failureProbability: 0.01 },
  {
    name: 'large',
    imagesPerSecond: 800,
    tunedSpeedUp: 2.6,
    overheadSeconds: 60,
    noise: 0.06,
    failureProbability: 0.03,
  },
  { name: 'flaky', imagesPerSecond: 500, tunedSpeedUp: 2.2, overheadSeconds: 15, noise: 0.1, failureProbability: 0.35 },
  { name: 'slow', imagesPerSecond: 90, tunedSpeedUp: 1.2, overheadSeconds: 8, noise: 0.05, failureProbability: 0.02 },
]

export interface RegretOptions {
  seed: number
  jobs: number
  repeats: number
}

export interface RegretRow {
  fromJob: number
  toJob: number
  /** Mean extra time of the choice relative to the best one: 0.1 is 10 %. */
  byScore: number
  atRandom: number
  /** How often the choice was the best one. */
  bestChosen: number
  /** How often the runtime fell into the 90 % interval that was given before. */
  coverage: number
}

/** Mean regret in windows that double in length. */
export async function simulateRegret({ seed, jobs, repeats }: RegretOptions): Promise<RegretRow[]> {
  const random = seededRandom(seed)
  const runs: Outcome[][] = []
  for (let repeat = 0; repeat < repeats; repeat++) runs.push(await simulateOnce(random, jobs))
  const rows: RegretRow[] = []
  for (let from = 0, length = TRUTH.length; from < jobs; from += length, length = from) {
    const outcomes = runs.flatMap((run) => run.slice(from, from + length))
    const predicted = outcomes.flatMap(({ inInterval }) => (inInterval === null ? [] : [Number(inInterval)]))
    rows.push({
      fromJob: from + 1,
      toJob: Math.min(jobs, from + length),
      byScore: mean(outcomes.map(({ regret }) => regret)),
      atRandom: mean(outcomes.map(({ regretAtRandom }) => regretAtRandom)),
      bestChosen: mean(outcomes.map(({ regret }) => Number(regret === 0))),
      coverage: mean(predicted),
    })
  }
  return rows
}

interface Outcome {
  regret: number
  regretAtRandom: number
  /** null where nothing was predicted, or the job failed. */
  inInterval: boolean | null
}

async function simulateOnce(random: Random, jobs: number): Promise<Outcome[]> {
  const observations: Observation[] = []
  const outcomes: Outcome[] = []
  for (let job = 0; job < jobs; job++) {
    const asked = drawJob(random)
    const { gpu, interval } = await choose(asked, observations)
    const logRuntime = Math.log(medianSeconds(gpu, asked)) + gpu.noise * random.normal()
    const runtime = Math.exp(logRuntime)
    const success = random.uniform() >= gpu.failureProbability
    observations.unshift({ ...asked, gpuType: gpu.name, runtime, success })
    const costs = TRUTH.map((candidate) => timeUntilSuccess(candidate, asked))
    const best = Math.min(...costs)
    outcomes.push({
      regret: timeUntilSuccess(gpu, asked) / best - 1,
      regretAtRandom: mean(costs) / best - 1,
      inInterval: interval && success ? interval.low <= runtime && runtime <= interval.high : null,
    })
  }
  return outcomes
}

/** As the server does it: the newest observations of each GPU type, and those of all as the pool. */
async function choose(asked: JobDescription, observations: readonly Observation[]) {
  const { observationsPerGpuType, pooledObservations } = CONTROL_PLANE_LIMITS
  const own = Map.groupBy(observations, ({ gpuType }) => gpuType)
  for (const [gpuType, all] of own) own.set(gpuType, all.slice(0, observationsPerGpuType.value))
  const candidates = TRUTH.map(({ name }) => ({ name, gpuType: name }))
  const pool = observations.slice(0, pooledObservations.value)
  const ranked = await rankCandidates(
    asked,
    candidates,
    own,
    pool,
    () => undefined,
    async () => {},
  )
  const chosen = ranked.find(({ observations: count }) => count === 0) ?? ranked[0]
  const gpu = TRUTH.find(({ name }) => name === chosen?.gpu_type)
  if (!gpu) throw new Error('the ranking lost a candidate')
  return { gpu, interval: chosen?.runtime_interval ?? null }
}

function drawJob(random: Random): JobDescription {
  const batchSize = random.pick([32, 64, 128, 256])
  const images = batchSize * random.pick([20, 50, 100, 200, 500])
  return {
    features: { images, batch_size: batchSize, recipe: random.pick(['reference', 'tuned']) },
    colocatedJobTypes: [],
  }
}

function medianSeconds(gpu: SimulatedGpu, { features }: JobDescription): number {
  const speedUp = features.recipe === 'tuned' ? gpu.tunedSpeedUp : 1
  // Small batches keep a large GPU waiting.
  const occupancy = Number(features.batch_size) / (Number(features.batch_size) + gpu.imagesPerSecond / 20)
  return gpu.overheadSeconds + Number(features.images) / (gpu.imagesPerSecond * speedUp * occupancy)
}

/** A job that fails is tried again from the start. */
function timeUntilSuccess(gpu: SimulatedGpu, job: JobDescription): number {
  return medianSeconds(gpu, job) / (1 - gpu.failureProbability)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function renderTable(rows: readonly RegretRow[]): string {
  const percent = (value: number) => (Number.isNaN(value) ? '-' : `${(100 * value).toFixed(1)} %`).padStart(10)
  const lines = rows.map(({ fromJob, toJob, byScore, atRandom, bestChosen, coverage }) =>
    [`${fromJob}–${toJob}`.padEnd(10), ...[byScore, atRandom, bestChosen, coverage].map(percent)].join('  '),
  )
  const heading = ['jobs'.padEnd(10), ...['by score', 'at random', 'best', 'coverage'].map((name) => name.padStart(10))]
  return [heading.join('  '), ...lines].join('\n')
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '320' },
      repeats: { type: 'string', default: '20' },
    },
  })
  const options = { seed: Number(values.seed), jobs: Number(values.jobs), repeats: Number(values.repeats) }
  process.stdout.write(`${renderTable(await simulateRegret(options))}\n`)
}
