/** Any facts that the harness could hand over: runs of every ending, with any part missing. */
import fc from 'fast-check'
import { STEP_STATUSES } from '../../contract/schemas/run.ts'
import { RECIPES } from '../../contract/schemas/workload.ts'
import { JOB_STATUSES, RUN_STATUSES } from '../../core/transitions.ts'
import type { EvidenceFacts, TrialFacts } from '../facts.ts'
import { gpuFacts, gpuResult, gpuSample, job, RUN_ID } from './facts.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 30 })
const time = fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }).map((ms) => new Date(ms).toISOString())
const maybeTime = fc.option(time)
const maybeText = fc.option(text)
const positive = fc.double({ min: 1e-3, max: 1e6, noNaN: true })
const reading = fc.option(fc.double({ min: 0, max: 1e11, noNaN: true }))

const rateOf = (value: fc.Arbitrary<number>) => fc.record({ value, unit: fc.constant('images/s') })

const result = fc
  .record({
    recipe: fc.option(fc.constantFrom(...RECIPES), { nil: undefined }),
    throughput: rateOf(positive),
    duration_seconds: positive,
    timed_seconds: positive,
    work: fc.record({ amount: fc.integer({ min: 1, max: 1_000_000 }), unit: fc.constant('images') }),
    step_seconds: fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 60 }),
    timed_window: fc.option(fc.oneof(text, fc.record({ started_at: time, finished_at: time }))),
    parameters: fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4 }),
    device: fc.record({ type: fc.constantFrom('cpu', 'cuda'), name: text, uuid: maybeText }),
    software: fc.record({ python: text, pytorch: text }),
  })
  .map(({ recipe, ...changes }) => gpuResult(100, recipe === undefined ? changes : { ...changes, recipe }))

const sample = fc
  .record({
    gpu_uuid: fc.constantFrom('GPU-a', 'GPU-b'),
    utilization_percent: reading,
    power_watts: reading,
    throttle_reasons: fc.subarray(['sw_power_cap', 'hw_thermal_slowdown', 'gpu_idle']),
    ecc_uncorrected_errors: fc.option(fc.nat(5)),
    xid: fc.option(fc.nat(100)),
  })
  .map(gpuSample)

const trials: fc.Arbitrary<TrialFacts[]> = fc
  .array(
    fc.record({
      status: fc.constantFrom(...JOB_STATUSES),
      started_at: maybeTime,
      finished_at: maybeTime,
      error_code: maybeText,
      error_message: maybeText,
      result: fc.option(result),
      reported: fc.option(
        fc.record({
          throughput: rateOf(fc.double({ min: 0.1, max: 5000, noNaN: true })),
          duration_seconds: fc.double({ min: 0.1, max: 5000, noNaN: true }),
          exit_code: fc.constant(0 as const),
        }),
      ),
      gpuSamples: fc.array(fc.record({ at: time, sample }), { maxLength: 20 }),
      logTail: fc.array(text, { maxLength: 3 }),
    }),
    { maxLength: 5 },
  )
  .map((list) =>
    list.map(({ result, reported, gpuSamples, logTail, ...changes }, index) => {
      const only = result ? null : reported
      return { trial: index + 1, job: job(index + 1, changes), result, reported: only, gpuSamples, logTail }
    }),
  )

const whole = gpuFacts()

export const arbitraryFacts: fc.Arbitrary<EvidenceFacts> = fc.record({
  runId: fc.constant(RUN_ID),
  status: fc.constantFrom(...RUN_STATUSES),
  error: fc.option(fc.record({ code: text, title: text, why: text, fix: text })),
  request: fc.record({ trials: fc.integer({ min: 1, max: 5 }), clusterName: text }).map((changes) => ({
    ...whole.request,
    ...changes,
  })),
  startedAt: time,
  deadlineAt: time,
  finishedAt: time,
  radix: fc.record({ version: text, commit: maybeText }),
  cluster: fc.option(
    fc
      .option(fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }))
      .chain((capabilities) =>
        fc
          .array(fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }), { maxLength: 2 })
          .map((gpus) =>
            whole.cluster ? { ...whole.cluster, capabilities: capabilities && { ...capabilities, gpus } } : null,
          ),
      ),
  ),
  machine: fc.option(
    fc.record({
      machineId: text,
      provider: text,
      instanceType: maybeText,
      region: maybeText,
      zone: maybeText,
      imageId: maybeText,
      launchedAt: maybeTime,
      runningAt: maybeTime,
    }),
  ),
  quote: fc.option(fc.record({ pricePerHourUsd: fc.double({ min: 0.01, max: 100, noNaN: true }), source: text })),
  launchAttempts: fc.array(
    fc.record({
      clientToken: text,
      placement: fc.record({ region: maybeText, zone: maybeText, instanceType: maybeText, market: maybeText }),
      at: time,
      outcome: fc.constantFrom('launched' as const, 'failed' as const),
      message: maybeText,
    }),
    { maxLength: 3 },
  ),
  trials,
  phases: fc.array(
    fc.record({
      name: text,
      status: fc.constantFrom(...STEP_STATUSES),
      startedAt: maybeTime,
      finishedAt: maybeTime,
    }),
    { maxLength: 5 },
  ),
  termination: fc.record({
    state: fc.constantFrom('confirmed' as const, 'unconfirmed' as const, 'not_needed' as const),
    machineId: maybeText,
    requestedAt: maybeTime,
    confirmedAt: maybeTime,
    proof: text,
  }),
  reproduceCommand: text,
})
