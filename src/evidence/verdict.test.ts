import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildEvidence } from './build.ts'
import type { EvidenceFacts } from './facts.ts'
import { at, cpuFacts, failedFacts, gpuFacts, gpuSample, gpuTrial } from './testing/facts.ts'
import { RULES } from './verdict.ts'

const { request } = gpuFacts()

function withTrials(...trials: EvidenceFacts['trials']): EvidenceFacts {
  return gpuFacts({ trials, request: { ...request, trials: trials.length } })
}

function withSamples(changes: Parameters<typeof gpuSample>[0], fromSecond = 0): EvidenceFacts {
  const trial = gpuTrial(1, 343)
  const gpuSamples = trial.gpuSamples.map((entry, second) =>
    second < fromSecond ? entry : { ...entry, sample: gpuSample(changes) },
  )
  return withTrials({ ...trial, gpuSamples })
}

const slowing = Array.from({ length: 200 }, (_, step) => 0.37 * (1 + step / 1000))

const REPORTED = { throughput: { value: 343.2, unit: 'images/s' }, duration_seconds: 150, exit_code: 0 as const }

/** For each rule, facts that it must object to, and the level that the verdict then has at least. */
const CASES: Record<string, [facts: EvidenceFacts, words: RegExp]> = {
  run_failed: [failedFacts(), /LAUNCH_FAILED/],
  ended_badly: [
    gpuFacts({
      status: 'failed',
      error: { code: 'DISK_FULL', title: 'Full', why: 'No space is left.', fix: 'Make room.' },
    }),
    /the failure came afterwards: DISK_FULL/,
  ],
  no_result: [failedFacts(), /No trial/],
  trials_missing: [gpuFacts({ trials: [gpuTrial(1, 343)] }), /1 of the 3/],
  non_finite_loss: [
    withTrials(gpuTrial(1, 343), {
      ...gpuTrial(2, 343),
      result: null,
      job: { ...gpuTrial(2, 343).job, status: 'failed', error_code: 'WORKLOAD_NON_FINITE_LOSS' },
    }),
    /trial 2/,
  ],
  parameters_differ: [
    withTrials(gpuTrial(1, 343, { parameters: { ...request.params, batch_size: 64 } })),
    /batch_size 64; 128/,
  ],
  result_inconsistent: [withTrials(gpuTrial(1, 343, { work: { amount: 10, unit: 'images' } })), /343\.0 images\/s/],
  devices_differ: [
    withTrials(gpuTrial(1, 343), gpuTrial(2, 343, { device: { type: 'cuda', name: 'NVIDIA A10G', uuid: 'other' } })),
    /other/,
  ],
  conditions_differ: [withTrials(gpuTrial(1, 343), gpuTrial(2, 343, { precision: { tf32: true } })), /precision/],
  ecc_errors: [withSamples({ ecc_uncorrected_errors: 1 }, 20), /1 uncorrected/],
  limited_result: [withTrials({ ...gpuTrial(1, 343), result: null, reported: REPORTED }), /trial 1.*no step times/],
  cpu_only: [cpuFacts(), /CPU/],
  recipe_incomplete: [
    withTrials(gpuTrial(1, 343, { precision: { fallbacks: ['not compiled: KeyError: uid not found: 10001'] } })),
    /not compiled: KeyError/,
  ],
  spread_high: [withTrials(gpuTrial(1, 343), gpuTrial(2, 300)), /9\.5 %/],
  steps_drift: [withTrials(gpuTrial(1, 343, { step_seconds: slowing })), /14\.\d % slower/],
  throttled: [withSamples({ throttle_reasons: ['hw_slowdown', 'hw_thermal_slowdown'] }, 70), /15 of 75 s/],
  xid_errors: [withSamples({ xid: 79 }, 50), /Xid 79/],
  ecc_errors_before: [withSamples({ ecc_uncorrected_errors: 4 }), /had 4/],
  timed_window_short: [
    withTrials(gpuTrial(1, 343, { timed_seconds: 1, work: { amount: 343, unit: 'images' } })),
    /1\.0 s/,
  ],
  telemetry_missing: [withTrials({ ...gpuTrial(1, 343), gpuSamples: [] }), /No GPU telemetry/],
  termination_unconfirmed: [
    gpuFacts({
      status: 'termination_unconfirmed',
      termination: { ...gpuFacts().termination, state: 'unconfirmed', confirmedAt: null },
    }),
    /not confirmed/,
  ],
  one_trial: [cpuFacts(), /One trial/],
  little_measured: [gpuFacts({ finishedAt: at(3000) }), /7\.5 %/],
  power_capped: [withSamples({ throttle_reasons: ['sw_power_cap'] }), /power limit/],
}

it('finds nothing against a run that is in order', () => {
  expect(buildEvidence(gpuFacts()).verdict).toEqual({ level: 'valid', reasons: [] })
})

it('has a case for every rule', () => {
  expect(Object.keys(CASES).sort()).toEqual(RULES.map(({ code }) => code).sort())
})

it.each(RULES.map(({ code, level }) => [code, level] as const))('%s is found, as %s', (code, level) => {
  const [facts, words] = CASES[code] ?? [gpuFacts(), /never/]
  const { verdict } = buildEvidence(facts)
  const reason = verdict.reasons.find((each) => each.code === code)
  expect(reason?.level).toBe(level)
  expect(reason?.message).toMatch(words)
  expect(reason?.message).toMatch(/[.)]$/)
  // A note forces no level.
  const severity = ['valid', 'suspect', 'invalid']
  expect(severity.indexOf(verdict.level)).toBeGreaterThanOrEqual(severity.indexOf(level))
})

it('lets the number stand when only the termination is unconfirmed', () => {
  const [facts] = CASES.termination_unconfirmed ?? [failedFacts()]
  expect(buildEvidence(facts).verdict.level).toBe('valid')
})

it('finds telemetry missing when samples speak for less than half of the window', () => {
  const trial = gpuTrial(1, 343)
  const few = withTrials({ ...trial, gpuSamples: trial.gpuSamples.slice(10, 40) })
  expect(buildEvidence(few).verdict.reasons.map(({ code }) => code)).toContain('telemetry_missing')
  const enough = withTrials({ ...trial, gpuSamples: trial.gpuSamples.slice(10, 60) })
  expect(buildEvidence(enough).verdict.reasons.map(({ code }) => code)).not.toContain('telemetry_missing')
})

it('looks only at the GPUs that the trials ran on', () => {
  const trial = gpuTrial(1, 343)
  const neighbour = gpuSample({ gpu_uuid: 'GPU-neighbour', xid: 79, throttle_reasons: ['hw_thermal_slowdown'] })
  const gpuSamples = trial.gpuSamples.flatMap((entry) => [entry, { ...entry, sample: neighbour }])
  expect(buildEvidence(withTrials({ ...trial, gpuSamples })).verdict.level).toBe('valid')
})

it('takes a power cap for what it is: normal at full load', () => {
  const [facts] = CASES.power_capped ?? [failedFacts()]
  expect(buildEvidence(facts).verdict.level).toBe('valid')
})

it('is documented, rule by rule with its level', async () => {
  const document = await readFile(join(import.meta.dirname, '../../docs/EVIDENCE.md'), 'utf8')
  const documented = [...document.matchAll(/^\| `([a-z_]+)` \| (note|suspect|invalid) \|/gm)].map(([, ...row]) => row)
  expect(documented).toEqual(RULES.map(({ code, level }) => [code, level]))
})
