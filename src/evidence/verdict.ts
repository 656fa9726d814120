/**
 * Decides whether a number may be used. A table of rules: each rule looks only at the evidence, and returns a reason or
 * nothing. The worst level of any rule is the verdict; notes are worth reading but force no level. docs/EVIDENCE.md
 * lists every rule, and a test checks that list. Pure.
 */
import type { Reason, Verdict } from '../contract/schemas/comparison.ts'
import type { Evidence, GpuTelemetry, TrialResult } from '../contract/schemas/evidence.ts'
import { comparableJson } from '../core/canonical-json.ts'
import { flagOf } from '../core/flag-name.ts'
import { endSentence, formatBeside, formatCount, formatPercent, formatRate } from '../core/format.ts'
import { isSameGpu } from '../core/gpu-uuid.ts'
import { workloadOf } from '../workloads/index.ts'

/** The input for the verdict and the omissions. */
export type UnjudgedEvidence = Omit<Evidence, 'verdict' | 'omitted' | 'signature'>

interface Rule {
  code: string
  level: Reason['level']
  /** The reason in words, or null if the rule does not apply. */
  find: (evidence: UnjudgedEvidence) => string | null
}

export const LIMITS = {
  /** Trials of a healthy GPU differ by well under 1 %. */
  coefficientOfVariation: 0.03,
  /** Of the window, with throttling by heat or by the power supply. */
  throttledShare: 0.05,
  /** A shorter window ends before clocks and temperature have settled. */
  timedSeconds: 5,
  /** Steps that get slower or faster by this much were not in a steady state. */
  drift: 0.05,
  /** Of the window, that telemetry must cover. */
  telemetryShare: 0.5,
  /** Of the run: below it, most of the time that was spent and paid for was not measured. */
  measuredShare: 0.1,
  /** Between the throughput and work over seconds, which are the same by definition. */
  arithmetic: 0.01,
} as const

/** The throttling reasons that are abnormal. A power cap is normal at full load. */
const HARMFUL_THROTTLE = /thermal|hw_slowdown|hardware_slowdown|power_brake/i
const POWER_CAP = /power_cap/i

// biome-ignore format: a table is read by its columns
export const RULES: readonly Rule[] = [
  { code: 'run_failed', level: 'invalid', find: findRunFailed },
  { code: 'ended_badly', level: 'note', find: findEndedBadly },
  { code: 'no_result', level: 'invalid', find: findNoResult },
  { code: 'trials_missing', level: 'invalid', find: findTrialsMissing },
  { code: 'non_finite_loss', level: 'invalid', find: findNonFiniteLoss },
  { code: 'parameters_differ', level: 'invalid', find: findParametersDiffer },
  { code: 'result_inconsistent', level: 'invalid', find: findResultInconsistent },
  { code: 'devices_differ', level: 'invalid', find: findDevicesDiffer },
  { code: 'conditions_differ', level: 'invalid', find: findConditionsDiffer },
  { code: 'ecc_errors', level: 'invalid', find: findEccErrors },
  { code: 'cpu_only', level: 'suspect', find: findCpuOnly },
  { code: 'recipe_incomplete', level: 'suspect', find: findRecipeIncomplete },
  { code: 'limited_result', level: 'suspect', find: findLimitedResult },
  { code: 'spread_high', level: 'suspect', find: findSpreadHigh },
  { code: 'steps_drift', level: 'suspect', find: findStepsDrift },
  { code: 'throttled', level: 'suspect', find: findThrottled },
  { code: 'xid_errors', level: 'suspect', find: findXids },
  { code: 'ecc_errors_before', level: 'suspect', find: findEccErrorsBefore },
  { code: 'timed_window_short', level: 'suspect', find: findTimedWindowShort },
  { code: 'telemetry_missing', level: 'suspect', find: findTelemetryMissing },
  { code: 'termination_unconfirmed', level: 'note', find: findTerminationUnconfirmed },
  { code: 'one_trial', level: 'note', find: findOneTrial },
  { code: 'little_measured', level: 'note', find: findLittleMeasured },
  { code: 'power_capped', level: 'note', find: findPowerCapped },
]

export function judge(evidence: UnjudgedEvidence): Verdict {
  const reasons: Reason[] = []
  for (const { code, level, find } of RULES) {
    const message = find(evidence)
    if (message !== null) reasons.push({ code, level, message })
  }
  const forced = (level: Reason['level']) => reasons.some((reason) => reason.level === level)
  return { level: forced('invalid') ? 'invalid' : forced('suspect') ? 'suspect' : 'valid', reasons }
}

/** A machine that may still be running does not affect the number; it has its own rule. */
function findRunFailed(evidence: UnjudgedEvidence): string | null {
  const { status, error } = evidence
  if (status === 'succeeded' || status === 'termination_unconfirmed' || isMeasured(evidence)) return null
  return endSentence(`The run ended as ${status}${error ? `: ${error.code}, ${firstLine(error.why)}` : ''}`)
}

/** A failure after the result was durable and the machine terminated does not affect the result. */
function findEndedBadly(evidence: UnjudgedEvidence): string | null {
  const { status, error } = evidence
  if (status !== 'failed' || !isMeasured(evidence)) return null
  return `Everything was measured, and the failure came afterwards: ${error ? `${error.code}, ${firstLine(error.why)}` : 'no reason is known.'}`
}

/** For several findings, the list is with the error itself. */
function firstLine(why: string): string {
  const [first = ''] = why.split('\n')
  return endSentence(first.replace(/:$/, ''))
}

function isMeasured({ phases }: UnjudgedEvidence): boolean {
  return phases.some(({ name, status }) => name === 'terminate-machine' && status === 'succeeded')
}

function findNoResult(evidence: UnjudgedEvidence): string | null {
  return countMeasured(evidence) === 0 ? 'No trial produced a result.' : null
}

function findTrialsMissing(evidence: UnjudgedEvidence): string | null {
  const count = countMeasured(evidence)
  const { trials } = evidence.request
  return count > 0 && count < trials ? `Only ${count} of the ${trials} trials asked for produced a result.` : null
}

function findNonFiniteLoss({ results }: UnjudgedEvidence): string | null {
  const trials = results.trials.filter(({ error }) => error?.code === 'WORKLOAD_NON_FINITE_LOSS')
  if (trials.length === 0) return null
  return `The loss was not a finite number in trial ${trials.map(({ trial }) => trial).join(', ')}.`
}

/** Compares what the workload reports with what was requested. Members that only one side has are not compared. */
function findParametersDiffer(evidence: UnjudgedEvidence): string | null {
  const asked: Record<string, unknown> = evidence.request.parameters
  for (const { trial, result } of evidence.results.trials) {
    if (!result) continue
    const ran: Record<string, unknown> = { ...result.parameters, ...(result.recipe ? { recipe: result.recipe } : {}) }
    for (const [name, value] of Object.entries(asked)) {
      if (!Object.hasOwn(ran, name) || ran[name] === value) continue
      return `Trial ${trial} ran with ${name} ${JSON.stringify(ran[name])}; ${JSON.stringify(value)} was asked for.`
    }
  }
  return null
}

function findResultInconsistent({ results }: UnjudgedEvidence): string | null {
  for (const { trial, result } of results.trials) {
    if (!result) continue
    const { throughput, work } = result
    const derived = work.amount / result.timed_seconds
    if (Math.abs(derived / throughput.value - 1) <= LIMITS.arithmetic) continue
    const words = `${formatRate(throughput)}, but its ${work.unit} over its seconds give`
    return `Trial ${trial} reports ${words} ${formatBeside(throughput, derived)}.`
  }
  return null
}

function findDevicesDiffer(evidence: UnjudgedEvidence): string | null {
  const devices = new Set(
    resultsOf(evidence).map(({ device }) => `${device.name}${device.uuid ? ` ${device.uuid}` : ''}`),
  )
  return devices.size > 1 ? `The trials ran on different devices: ${[...devices].join('; ')}.` : null
}

function findConditionsDiffer(evidence: UnjudgedEvidence): string | null {
  const results = resultsOf(evidence)
  for (const member of ['workload', 'recipe', 'precision', 'software'] as const) {
    const values = new Set(results.map((result) => comparableJson(result[member])))
    if (values.size > 1)
      return `The trials did not run under the same conditions: ${member} was ${[...values].join(' and ')}.`
  }
  return null
}

function findEccErrors(evidence: UnjudgedEvidence): string | null {
  return describeGpus(usedGpus(evidence), ({ ecc_uncorrected_errors: errors }) =>
    errors && errors.during > 0 ? `counted ${errors.during} uncorrected memory errors while it was timed` : null,
  )
}

function findCpuOnly(evidence: UnjudgedEvidence): string | null {
  const device = resultsOf(evidence).find(({ device }) => device.type === 'cpu')?.device
  return device ? `It ran on a CPU (${device.name}): the number proves the flow and says nothing about a GPU.` : null
}

/**
 * A part of the recipe that failed with an exception. A limitation of the device is a note of its precision instead.
 */
function findRecipeIncomplete({ results }: UnjudgedEvidence): string | null {
  for (const { trial, result } of results.trials) {
    const fallbacks = result?.precision.fallbacks
    if (!Array.isArray(fallbacks) || fallbacks.length === 0) continue
    return `In trial ${trial} a part of the recipe ${result?.recipe} failed and was left out: ${fallbacks.map(String).join('; ')}.`
  }
  return null
}

function findLimitedResult({ results }: UnjudgedEvidence): string | null {
  const trials = results.trials.filter(({ reported }) => reported).map(({ trial }) => trial)
  if (trials.length === 0) return null
  return `An earlier agent ran trial ${trials.join(', ')}. It reports no step times and no device facts, so nothing shows what was measured.`
}

function findSpreadHigh({ results }: UnjudgedEvidence): string | null {
  const variation = results.throughput?.coefficient_of_variation ?? 0
  if (variation <= LIMITS.coefficientOfVariation) return null
  return `The trials differ by ${formatPercent(variation)} (standard deviation over mean); up to ${formatPercent(LIMITS.coefficientOfVariation)} is normal.`
}

function findStepsDrift({ results }: UnjudgedEvidence): string | null {
  for (const { trial, result } of results.trials) {
    const drift = result?.step_seconds?.drift_relative ?? 0
    if (Math.abs(drift) <= LIMITS.drift) continue
    const direction = drift > 0 ? 'slower' : 'faster'
    return `In trial ${trial} the last steps were ${formatPercent(Math.abs(drift))} ${direction} than the first: it was not in a steady state.`
  }
  return null
}

function findThrottled(evidence: UnjudgedEvidence): string | null {
  return describeGpus(usedGpus(evidence), (gpu) => {
    const seconds = throttleSeconds(gpu, HARMFUL_THROTTLE)
    if (seconds === 0 || seconds / gpu.window_seconds <= LIMITS.throttledShare) return null
    return `was slowed down by heat or by its power supply for ${seconds.toFixed(0)} of ${gpu.window_seconds.toFixed(0)} s`
  })
}

function findXids(evidence: UnjudgedEvidence): string | null {
  return describeGpus(usedGpus(evidence), ({ xids }) =>
    xids && xids.length > 0 ? `reported driver errors: Xid ${xids.join(', ')}` : null,
  )
}

function findEccErrorsBefore(evidence: UnjudgedEvidence): string | null {
  return describeGpus(usedGpus(evidence), ({ ecc_uncorrected_errors: errors }) =>
    errors && errors.before > 0 ? `had ${errors.before} uncorrected memory errors before it was timed` : null,
  )
}

function findTimedWindowShort(evidence: UnjudgedEvidence): string | null {
  const shortest = Math.min(...resultsOf(evidence).map(({ timed_seconds }) => timed_seconds))
  if (shortest >= LIMITS.timedSeconds) return null
  return `Only ${shortest.toFixed(1)} s were timed; under ${LIMITS.timedSeconds} s clocks and temperature have not settled. Raise ${lengtheningFlag(evidence)}.`
}

function findTelemetryMissing(evidence: UnjudgedEvidence): string | null {
  if (!resultsOf(evidence).some(({ device }) => device.type !== 'cpu')) return null
  if (usedGpus(evidence).length === 0) return 'No GPU telemetry covers the timed window.'
  return describeGpus(usedGpus(evidence), ({ covered_seconds, window_seconds, samples }) =>
    covered_seconds < LIMITS.telemetryShare * window_seconds
      ? `was sampled ${formatCount(samples, 'time')}, which covers ${covered_seconds.toFixed(0)} of ${window_seconds.toFixed(0)} s`
      : null,
  )
}

function findTerminationUnconfirmed({ termination }: UnjudgedEvidence): string | null {
  if (termination.state !== 'unconfirmed') return null
  return `The termination of machine ${termination.machine_id ?? 'of this run'} is not confirmed. The number stands; the machine may still cost money.`
}

/** Not suspect: the number is as good as any single number, but it has no interval. */
function findOneTrial({ results }: UnjudgedEvidence): string | null {
  return results.throughput?.n === 1
    ? 'One trial gives no confidence interval, so no difference from another run can be told from chance. Use --trials 5.'
    : null
}

function findLittleMeasured(evidence: UnjudgedEvidence): string | null {
  const { results } = evidence
  const share = results.measured_share
  if (share === null || results.timed_seconds === 0 || share >= LIMITS.measuredShare) return null
  return `${formatPercent(share)} of the run was measured (${results.timed_seconds.toFixed(1)} s). Raise ${lengtheningFlag(evidence)} or --trials to use the machine better.`
}

function findPowerCapped(evidence: UnjudgedEvidence): string | null {
  return describeGpus(usedGpus(evidence), (gpu) => {
    const seconds = throttleSeconds(gpu, POWER_CAP)
    if (seconds === 0 || seconds / gpu.window_seconds <= LIMITS.throttledShare) return null
    return `ran at its power limit for ${seconds.toFixed(0)} of ${gpu.window_seconds.toFixed(0)} s, as many GPUs do at full load`
  })
}

function lengtheningFlag({ request }: UnjudgedEvidence): string {
  return flagOf(workloadOf(request.job_kind).lengthenedBy)
}

function countMeasured({ results }: UnjudgedEvidence): number {
  return results.trials.filter(({ result, reported }) => result ?? reported).length
}

function resultsOf({ results }: UnjudgedEvidence): TrialResult[] {
  return results.trials.map(({ result }) => result).filter((result) => result !== null)
}

/** The GPUs that the trials ran on. If the workload does not name its GPUs, all sampled ones. */
function usedGpus(evidence: UnjudgedEvidence): GpuTelemetry[] {
  const used = resultsOf(evidence).flatMap(({ device }) => (device.uuid ? [device.uuid] : []))
  return evidence.gpu_telemetry.filter(
    ({ gpu_uuid }) => used.length === 0 || used.some((uuid) => isSameGpu(uuid, gpu_uuid)),
  )
}

function throttleSeconds(gpu: GpuTelemetry, reasons: RegExp): number {
  // Reasons overlap (a thermal slowdown is also a hardware slowdown), so only the longest one is certain.
  const seconds = Object.entries(gpu.throttle_seconds).filter(([reason]) => reasons.test(reason))
  return Math.max(0, ...seconds.map(([, value]) => value))
}

function describeGpus(gpus: readonly GpuTelemetry[], describe: (gpu: GpuTelemetry) => string | null): string | null {
  const sentences = gpus.flatMap((gpu) => {
    const words = describe(gpu)
    return words === null ? [] : [`GPU ${gpu.gpu_uuid} ${words}.`]
  })
  return sentences.length === 0 ? null : sentences.join(' ')
}
