import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Evidence, EvidenceDocument, evidenceJsonSchema } from '../contract/schemas/evidence.ts'
import { buildEvidence } from './build.ts'
import { readTimedWindow } from './gpu-telemetry.ts'
import { renderEvidenceMarkdown } from './render-markdown.ts'
import { arbitraryFacts } from './testing/arbitrary-facts.ts'
import { at, cpuFacts, failedFacts, gpuFacts, gpuSample, gpuTrial } from './testing/facts.ts'

describe('buildEvidence', () => {
  it('makes valid evidence of any facts, survives JSON, and can always be rendered', () => {
    fc.assert(
      fc.property(arbitraryFacts, (facts) => {
        const evidence = buildEvidence(facts)
        const parsed = Evidence.parse(JSON.parse(JSON.stringify(evidence)))
        expect(EvidenceDocument.safeParse(parsed).success).toBe(true)
        const report = renderEvidenceMarkdown(parsed)
        expect(report).toContain(facts.runId)
        expect(report).not.toMatch(/undefined|NaN|\[object|Infinity/)
      }),
      { numRuns: 300 },
    )
  })

  it('never calls a run without a result, or one that failed, usable', () => {
    fc.assert(
      fc.property(arbitraryFacts, (facts) => {
        const { level } = buildEvidence(facts).verdict
        const hasResult = facts.trials.some(({ result, reported }) => result ?? reported)
        const isUsable = hasResult && facts.status !== 'failed' && facts.status !== 'cancelled'
        expect(isUsable || level === 'invalid').toBe(true)
      }),
    )
  })

  it('gives mean, deviation and the interval of the trials', () => {
    const summary = buildEvidence(gpuFacts()).results.throughput
    expect(summary?.n).toBe(3)
    expect(summary?.mean).toBeCloseTo(343.3, 6)
    expect(summary?.standard_deviation).toBeCloseTo(1.253, 3)
    // t(0.975, 2) = 4.303
    expect(summary?.confidence_interval_95?.half_width).toBeCloseTo((4.30265 * 1.253) / Math.sqrt(3), 2)
    expect(summary?.confidence_interval_95?.half_width_relative).toBeCloseTo(3.1126 / 343.3, 4)
  })

  it('gives no interval for one trial, and says so twice', () => {
    const evidence = buildEvidence(cpuFacts())
    expect(evidence.results.throughput).toMatchObject({ n: 1, confidence_interval_95: null })
    expect(evidence.results.throughput?.note).toContain('--trials')
    expect(evidence.omitted.map(({ what }) => what)).toContain('results.*.confidence_interval_95')
  })

  it('knows of no driver errors where no sample could tell, and of each once', () => {
    const trial = gpuTrial(1, 343)
    const withXids = (xids: readonly (number | null)[]) => {
      const gpuSamples = trial.gpuSamples.map(({ at, sample }, second) => ({
        at,
        sample: { ...sample, xid: xids[second % xids.length] ?? null },
      }))
      return buildEvidence(gpuFacts({ trials: [{ ...trial, gpuSamples }] })).gpu_telemetry[0]?.xids
    }
    expect(withXids([null])).toBeNull()
    expect(withXids([0])).toEqual([])
    expect(withXids([null, 79, 0, 31, 31])).toEqual([31, 79])
    const silent = {
      ...trial,
      gpuSamples: trial.gpuSamples.map(({ at, sample }) => ({ at, sample: { ...sample, xid: null } })),
    }
    expect(buildEvidence(gpuFacts({ trials: [trial, silent] })).gpu_telemetry[0]?.xids).toBeNull()
  })

  it('counts a driver error of the last second of the window, which is told after it', () => {
    const trial = gpuTrial(1, 343)
    const end = Date.parse((trial.result && readTimedWindow(trial.result))?.finished_at ?? '')
    const late = (ms: number) => ({ at: new Date(end + ms).toISOString(), sample: gpuSample({ xid: 79 }) })
    const xidsWith = (ms: number) =>
      buildEvidence(gpuFacts({ trials: [{ ...trial, gpuSamples: [...trial.gpuSamples, late(ms)] }] })).gpu_telemetry[0]
    expect(xidsWith(500)?.xids).toEqual([79])
    expect(xidsWith(5000)?.xids).toEqual([])
  })

  it('takes telemetry from the timed window only', () => {
    const [gpu] = buildEvidence(gpuFacts()).gpu_telemetry
    expect(gpu).toMatchObject({ window: 'timed', xids: [], throttle_seconds: {} })
    // The ten seconds before, at 5 %, are not in it.
    expect(gpu?.utilization_percent).toEqual({ minimum: 99, mean: 99, maximum: 99 })
    expect(gpu?.window_seconds).toBeCloseTo(225)
    expect(gpu?.covered_seconds).toBeCloseTo(225)
  })

  it('reckons the window back from the end of a workload that does not say when it timed', () => {
    const trial = gpuTrial(1, 343, { timed_window: undefined, finished_at: at(180), timed_seconds: 70 })
    const [gpu] = buildEvidence(gpuFacts({ trials: [trial] })).gpu_telemetry
    expect(gpu).toMatchObject({ window: 'timed', window_seconds: 70, samples: 71 })
  })

  it('falls back to the whole job where the workload does not say when it timed', () => {
    const trial = gpuTrial(1, 343, { timed_window: undefined })
    const [gpu] = buildEvidence(gpuFacts({ trials: [trial] })).gpu_telemetry
    expect(gpu).toMatchObject({ window: 'job', window_seconds: 90, samples: 90 })
    expect(gpu?.utilization_percent?.minimum).toBe(5)
  })

  it('adds up the seconds of each throttle reason, and no more than a sample can speak for', () => {
    const trial = gpuTrial(1, 343)
    const throttled = gpuSample({ throttle_reasons: ['hw_thermal_slowdown'] })
    const samples = [
      { at: at(110), sample: throttled },
      { at: at(111), sample: throttled },
      { at: at(112), sample: gpuSample() },
      { at: at(140), sample: throttled },
    ]
    const [gpu] = buildEvidence(gpuFacts({ trials: [{ ...trial, gpuSamples: samples }] })).gpu_telemetry
    expect(gpu?.throttle_seconds).toEqual({ hw_thermal_slowdown: 5 })
    expect(gpu?.covered_seconds).toBe(8)
  })

  it('counts memory errors from the last sample before the window', () => {
    const trial = gpuTrial(1, 343)
    const samples = [
      { at: at(100), sample: gpuSample({ ecc_uncorrected_errors: 2 }) },
      { at: at(110), sample: gpuSample({ ecc_uncorrected_errors: 3 }) },
    ]
    const [gpu] = buildEvidence(gpuFacts({ trials: [{ ...trial, gpuSamples: samples }] })).gpu_telemetry
    expect(gpu?.ecc_uncorrected_errors).toEqual({ before: 2, during: 1 })
  })

  it('puts the phases on one axis', () => {
    const phase = buildEvidence(gpuFacts()).phases.find(({ name }) => name === 'run-trials')
    expect(phase).toEqual({ name: 'run-trials', status: 'succeeded', offset_seconds: 95, duration_seconds: 300 })
  })

  it('says what is not there, and why', () => {
    const { omitted } = buildEvidence(failedFacts())
    expect(omitted.map(({ what }) => what)).toEqual([
      'cost',
      'environment.machine',
      'environment.cluster',
      'environment.gpus',
      'results',
      'gpu_telemetry',
    ])
    expect(buildEvidence(cpuFacts()).omitted).toContainEqual({
      what: 'gpu_telemetry',
      why: 'nvidia-smi was not found',
    })
  })

  it('takes what it can of the GPUs that an earlier agent reports', () => {
    const { cluster } = gpuFacts()
    const capabilities = { gpus: [{ name: 'A10G', memory_total_bytes: '24GB' }] }
    const { environment } = buildEvidence(gpuFacts({ cluster: cluster && { ...cluster, capabilities } }))
    expect(environment.gpus).toMatchObject([{ name: 'A10G', uuid: null, memory_total_bytes: null }])
  })
})

it('is read with members that a later Radix adds, wherever they are', () => {
  const addEverywhere = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(addEverywhere)
    if (typeof value !== 'object' || value === null) return value
    return { ...Object.fromEntries(Object.entries(value).map(([name, part]) => [name, addEverywhere(part)])), added: 1 }
  }
  const evidence = buildEvidence(gpuFacts())
  const read = Evidence.parse(addEverywhere(evidence))
  expect(read).toMatchObject(evidence)
})

it('describes the schema as JSON Schema that leaves room for more', () => {
  const schema = evidenceJsonSchema()
  expect(schema).toMatchObject({ type: 'object', title: 'radix.evidence/v2' })
  expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false')
  expect(schema.required).toContain('verdict')
})
