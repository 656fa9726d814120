/**
 * Documents of earlier versions of Radix, read as those of today. Every one of them measured images per second, and
 * named its members after that. A signature is checked over the original, before it comes here. Pure.
 */

const IMAGES = 'images'
const IMAGES_PER_SECOND = 'images/s'

type Members = Readonly<Record<string, unknown>>

/** `radix.evidence/v1` as v2; anything else unchanged. */
export function upgradeEvidence(document: unknown): unknown {
  if (!isMembers(document) || document.schema !== 'radix.evidence/v1') return document
  const { results, cost } = document
  return {
    ...document,
    schema: 'radix.evidence/v2',
    results: isMembers(results) ? upgradeResults(results) : results,
    cost: isMembers(cost) ? rename(cost, 'images_per_usd', 'work_per_usd') : cost,
  }
}

/** `radix.baseline/v1` as v2; anything else unchanged. */
export function upgradeBaseline(document: unknown): unknown {
  if (!isMembers(document) || document.schema !== 'radix.baseline/v1') return document
  return {
    ...rename(document, 'throughputs_images_per_sec', 'throughputs'),
    schema: 'radix.baseline/v2',
    unit: IMAGES_PER_SECOND,
  }
}

/** `radix.result/v1` as v2; anything else unchanged. */
export function upgradeResult(document: unknown): unknown {
  if (!isMembers(document) || document.schema !== 'radix.result/v1') return document
  return { ...upgradeMeasured(document), schema: 'radix.result/v2' }
}

/** `radix.progress/v1` as v2; anything else unchanged. */
export function upgradeProgress(line: unknown): unknown {
  if (!isMembers(line) || line.schema !== 'radix.progress/v1') return line
  const { images_per_second: value, ...others } = line
  return { ...others, schema: 'radix.progress/v2', throughput: toRate(value) }
}

/** An event of a job: its progress. */
export function upgradeEvent(event: unknown): unknown {
  return isMembers(event) && event.kind === 'progress' ? { ...event, data: upgradeProgress(event.data) } : event
}

/** The metrics of a job as an earlier agent sends them, which names no unit. */
export function upgradeMetrics(metrics: unknown): unknown {
  return isMembers(metrics) && 'throughput_images_per_sec' in metrics ? upgradeThroughput(metrics) : metrics
}

/** What a journal of an earlier harness has of the evidence that it wrote. */
export function upgradeRecordedEvidence(recorded: unknown): unknown {
  if (!isMembers(recorded) || !('throughputImagesPerSec' in recorded)) return recorded
  const { throughputImagesPerSec: value, ...others } = recorded
  return { ...others, throughput: toRate(value) }
}

function upgradeResults({ throughput_images_per_sec: summary, ...results }: Members): Members {
  return {
    ...results,
    throughput: isMembers(summary) ? { ...summary, unit: IMAGES_PER_SECOND } : summary,
    trials: Array.isArray(results.trials) ? results.trials.map(upgradeTrial) : results.trials,
  }
}

function upgradeTrial(trial: unknown): unknown {
  if (!isMembers(trial)) return trial
  const { result, reported } = trial
  return {
    ...trial,
    result: isMembers(result) ? upgradeMeasured(result) : result,
    ...(isMembers(reported) ? { reported: upgradeThroughput(reported) } : {}),
  }
}

function upgradeMeasured({ timed_images: amount, ...measured }: Members): Members {
  return { ...upgradeThroughput(measured), work: { amount, unit: IMAGES } }
}

function upgradeThroughput({ throughput_images_per_sec: value, ...others }: Members): Members {
  return { ...others, throughput: toRate(value) }
}

function toRate(value: unknown) {
  return value === null || value === undefined ? null : { value, unit: IMAGES_PER_SECOND }
}

function rename(members: Members, from: string, to: string): Members {
  const { [from]: value, ...others } = members
  return { ...others, [to]: value }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
