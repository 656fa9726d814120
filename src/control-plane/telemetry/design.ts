/**
 * Turns observations into numbers: one column per factor that may change the runtime, measured from the requested job.
 * At that job every column is 0, so the intercept is its log runtime. Only requested factors are conditioned on. Pure.
 */

export type FeatureValue = number | string | boolean
export type Features = Record<string, FeatureValue>

export interface JobDescription {
  features: Features
  colocatedJobTypes: readonly string[]
}

/** One column of the design: how far a job is from the asked one in one respect. */
export interface Column {
  name: string
  /** The slope before any data: 1 if the runtime is known to grow with the work, else 0. */
  priorSlope: number
  distance(job: JobDescription): number
}

/** Amounts of work: twice of it takes twice as long, until the data say otherwise. */
const WORK_FEATURES = new Set(['images'])
/** A ratio of e^20 is as far as it gets: squares of more would drown all other columns in rounding. */
const FARTHEST = 20
/** Further values of a text share one column, so a client cannot make the matrix large. */
const LEVELS_WITH_COLUMN = 3

/** The columns that matter for `asked` among `jobs`; the same whatever the order of the jobs. */
export function buildColumns(asked: JobDescription, jobs: readonly JobDescription[]): Column[] {
  const columns = Object.keys(asked.features)
    .sort()
    .flatMap((name) => featureColumns(name, asked.features[name], jobs))
  return [...columns, ...colocationColumns(asked, jobs)]
}

/** A row of the design: 1 for the intercept, then the columns. */
export function toRow(columns: readonly Column[], job: JobDescription): number[] {
  return [1, ...columns.map((column) => column.distance(job))]
}

function featureColumns(name: string, asked: FeatureValue | undefined, jobs: readonly JobDescription[]): Column[] {
  const comparable = (job: JobDescription) =>
    Object.hasOwn(job.features, name) && typeof job.features[name] === typeof asked
  // A job that does not have the feature differs in an unknown way, which is a level of its own.
  const missing: Column[] = jobs.every(comparable)
    ? []
    : [{ name: `${name}:missing`, priorSlope: 0, distance: (job) => (comparable(job) ? 0 : 1) }]
  if (typeof asked === 'number') {
    const distance = (job: JobDescription) => {
      const value = job.features[name]
      if (typeof value !== 'number') return 0
      return Math.max(-FARTHEST, Math.min(FARTHEST, logLike(value) - logLike(asked)))
    }
    const slope = { name, priorSlope: WORK_FEATURES.has(name) ? 1 : 0, distance }
    // A constant part beside the work, such as a start-up, bends the line: without this column, a wide range is wrong
    // at its ends.
    const bend: Column = {
      name: `${name}²`,
      priorSlope: 0,

      distance: (job) => distance(job) ** 2,
    }
    return [slope, bend, ...missing]
  }
  const levels = jobs.filter(comparable).map((job) => String(job.features[name]))
  const levelOf = (job: JobDescription) => (comparable(job) ? String(job.features[name]) : undefined)
  return [...levelColumns(name, String(asked), levels, levelOf), ...missing]
}

/** One indicator for each level other than the asked one. */
function levelColumns(
  name: string,
  asked: string,
  levels: readonly string[],
  levelOf: (job: JobDescription) => string | undefined,
): Column[] {
  const others = mostFrequent(levels.filter((level) => level !== asked))
  const named = new Set(others.slice(0, LEVELS_WITH_COLUMN))
  const columns: Column[] = [...named].map((level) => ({
    name: `${name}=${level}`,
    priorSlope: 0,
    distance: (job) => (levelOf(job) === level ? 1 : 0),
  }))
  if (others.length <= LEVELS_WITH_COLUMN) return columns
  const isOther = (level: string | undefined) => level !== undefined && level !== asked && !named.has(level)
  return [...columns, { name: `${name}=other`, priorSlope: 0, distance: (job) => (isOther(levelOf(job)) ? 1 : 0) }]
}

/** How many jobs share the GPU, and how many of each job type. */
function colocationColumns(asked: JobDescription, jobs: readonly JobDescription[]): Column[] {
  const types = mostFrequent([asked, ...jobs].flatMap((job) => job.colocatedJobTypes))
  if (types.length === 0) return []
  const count = ({ colocatedJobTypes }: JobDescription, type: string) =>
    colocatedJobTypes.filter((other) => other === type).length
  const total: Column = {
    name: 'colocated',
    priorSlope: 0,
    distance: (job) => job.colocatedJobTypes.length - asked.colocatedJobTypes.length,
  }
  return [
    total,
    ...types.slice(0, LEVELS_WITH_COLUMN).map((type) => ({
      name: `colocated=${type}`,
      priorSlope: 0,
      distance: (job: JobDescription) => count(job, type) - count(asked, type),
    })),
  ]
}

/** Distinct values, the most frequent first, ties by name. */
function mostFrequent(values: readonly string[]): string[] {
  const counts = Map.groupBy(values, (value) => value)
  return [...counts].sort(([a, as], [b, bs]) => bs.length - as.length || (a < b ? -1 : 1)).map(([value]) => value)
}

/**
 * The logarithm where values are large, straight through zero where they are small: so a slope is the exponent of a
 * power law, and zero and negative values need no case of their own.
 */
function logLike(value: number): number {
  return Math.asinh(value)
}
