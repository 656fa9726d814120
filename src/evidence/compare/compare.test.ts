/** What may be compared, and what is refused with its reason. */
import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../contract/schemas/evidence.ts'
import { isRadixError, type RadixError } from '../../errors/radix-error.ts'
import { buildEvidence } from '../build.ts'
import { cpuFacts, failedFacts, gpuFacts, gpuTrial } from '../testing/facts.ts'
import { runEvidence, t4Evidence } from '../testing/runs.ts'
import { makeBaseline } from './baseline.ts'
import { compareRuns } from './compare.ts'
import { gateRun } from './gate.ts'

const steady = [343.2, 342.1, 344.6]
const slower = [320.4, 322.9, 318.7]
const first = runEvidence(1, steady)

/** A run with other parameters, which its trials confirm. */
function withParameters(number: number, changes: object): Evidence {
  const { request } = gpuFacts()
  const params = { ...request.params, ...changes }
  return runEvidence(
    number,
    slower,
    { parameters: params, recipe: String(params.recipe) },
    { request: { ...request, params } },
  )
}

function refusal(call: () => unknown): RadixError {
  try {
    call()
  } catch (error) {
    if (isRadixError(error)) return error
    throw error
  }
  throw new Error('it was not refused')
}

const incomparable: [string, Evidence, string][] = [
  ['another recipe', withParameters(2, { recipe: 'tuned' }), 'recipe: reference and tuned'],
  [
    'another precision',
    runEvidence(2, slower, { precision: { compute: 'bf16', tf32: false, memory_format: 'contiguous' } }),
    'precision, compute: "fp32" and "bf16"',
  ],
  [
    'a precision that says less',
    runEvidence(2, slower, { precision: { compute: 'fp32', memory_format: 'contiguous' } }),
    'precision, tf32: false and unknown',
  ],
  [
    'another version of the workload',
    runEvidence(2, slower, { workload: { name: 'resnet50_benchmark', version: '2.0.0' } }),
    'workload: resnet50_benchmark 1.0.0 and resnet50_benchmark 2.0.0',
  ],
  ['another batch size', withParameters(2, { batch_size: 64 }), 'batch size: 128 and 64'],
  ['another image size', withParameters(2, { image_size: 192 }), 'image size: 224 and 192'],
  ['more epochs', withParameters(2, { epochs: 3 }), 'epochs: 1 and 3'],
  ['more steps', withParameters(2, { steps_per_epoch: 400 }), 'steps per epoch: 200 and 400'],
  ['less warm-up', withParameters(2, { warmup_steps: 0 }), 'warmup steps: 10 and 0'],
  ['the same run', runEvidence(1, slower), 'both are run run_01jdqk4e8f3q8k2c9v5w7x6y1z'],
  [
    'a run on a CPU',
    runEvidence(2, slower, { device: { type: 'cpu', name: 'AMD EPYC', uuid: null } }),
    'one ran on a CPU',
  ],
]

describe('comparing', () => {
  it.each(incomparable)('refuses %s', (_, other, reason) => {
    const error = refusal(() => compareRuns([first, other]))
    expect(error).toMatchObject({ code: 'COMPARISON_REFUSED', exitCode: 2 })
    expect(error.why).toContain(reason)
    const isItself = reason.startsWith('both are run')
    expect(error.fix).toContain(
      isItself ? 'Give another run' : '--batch-size 128 --steps-per-epoch 200 --image-size 224',
    )
  })

  it('refuses what has no number that may be used, with what the verdict says', () => {
    const failed = buildEvidence(failedFacts())
    expect(refusal(() => compareRuns([first, failed])).why).toContain('LAUNCH_FAILED')
    const incomplete = buildEvidence(gpuFacts({ runId: 'run_2', trials: [gpuTrial(1, 343.2)] }))
    expect(refusal(() => compareRuns([incomplete, first])).why).toContain('trials_missing')
  })

  it('names everything that stands against it at once', () => {
    const { why } = refusal(() => compareRuns([first, withParameters(2, { batch_size: 64, epochs: 3 }), first]))
    expect(why).toContain('A and B do not measure the same: epochs: 1 and 3; batch size: 128 and 64.')
    expect(why).toContain('A and C do not measure the same: both are run')
  })

  it('does not mind the order of members, which a database does not keep', () => {
    const [one, other] = [
      { fp8: { forward: 'e4m3', backward: 'e5m2' } },
      { fp8: { backward: 'e5m2', forward: 'e4m3' } },
    ]
    const runs = [runEvidence(1, steady, { precision: one }), runEvidence(2, slower, { precision: other })]
    expect(compareRuns(runs).changes).toHaveLength(1)
  })

  it('does not mind another seed, or other words about the same precision', () => {
    expect(compareRuns([first, withParameters(2, { seed: 7 })]).changes[0]?.change).not.toBeNull()
    const precision = { compute: 'fp32', tf32: false, memory_format: 'contiguous', notes: ['TF32 is allowed but…'] }
    const { differences } = compareRuns([first, runEvidence(2, slower, { precision })]).changes[0] ?? {}
    expect(differences).toEqual([{ name: 'notes on precision', first: null, second: 'TF32 is allowed but…' }])
  })

  it('puts other machines beside each other, and calls neither a change of the other', () => {
    const { changes, runs } = compareRuns([first, t4Evidence(2, [120.4, 121.9, 119.7])])
    expect(changes).toMatchObject([{ change: null, differences: [] }])
    expect(changes[0]?.other_machine).toEqual([
      'GPU: NVIDIA A10G and Tesla T4',
      'instance type: g5.2xlarge and g4dn.xlarge',
    ])
    expect(runs.map(({ work_per_usd }) => Math.round(work_per_usd ?? 0))).toEqual([1_019_703, 825_856])
  })

  it('says what else changed between two of the same kind', () => {
    const software = { python: '3.11.2', pytorch: '2.7.0', cuda: '12.4' }
    const { changes } = compareRuns([first, runEvidence(2, slower, { software })])
    expect(changes[0]?.differences).toEqual([{ name: 'pytorch', first: '2.6.0', second: '2.7.0' }])
    expect(changes[0]?.change?.relative).toBeCloseTo(-0.0659, 4)
  })

  it('puts CPUs side by side, and computes no change: their numbers only prove the flow', () => {
    const [one, two] = ['run_1', 'run_2'].map((runId) => buildEvidence(cpuFacts({ runId })))
    if (!one || !two) throw new Error('unreachable')
    const { runs, changes } = compareRuns([one, two])
    expect(runs.map(({ verdict }) => verdict.level)).toEqual(['suspect', 'suspect'])
    expect(changes).toMatchObject([{ change: null, other_machine: [] }])
  })
})

describe('a gate', () => {
  const baseline = makeBaseline(first, 'main')
  const gate = (candidate: Evidence) => gateRun({ candidate, baseline, baselineName: 'main', thresholdPercent: 5 })

  it.each(incomparable)('refuses %s', (_, other, reason) => {
    const error = refusal(() => gate(other))
    expect(error).toMatchObject({ code: 'COMPARISON_REFUSED', exitCode: 2 })
    expect(error.why).toContain(reason)
  })

  it('refuses another GPU, and another instance type with the same', () => {
    expect(refusal(() => gate(t4Evidence(2, steady))).why).toContain('GPU: NVIDIA A10G and Tesla T4')
    const { machine } = gpuFacts()
    const larger = runEvidence(2, steady, {}, { machine: machine && { ...machine, instanceType: 'g5.4xlarge' } })
    expect(refusal(() => gate(larger)).why).toContain('instance type: g5.2xlarge and g5.4xlarge')
  })

  it('shows what the verdict doubts, and judges all the same', () => {
    const doubtful = runEvidence(2, [320.4, 343.9, 318.7])
    expect(doubtful.verdict.level).toBe('suspect')
    const result = gate(doubtful)
    expect(result.doubts.map(({ code }) => code)).toEqual(['spread_high'])
    expect(result.decision).toBe('ambiguous')
  })

  it('says of one trial why nothing can be told', () => {
    const { decision, reason } = gate(runEvidence(2, [300]))
    expect(decision).toBe('ambiguous')
    expect(reason).toContain('The candidate has one trial')
    expect(reason).toContain('--trials 5')
  })

  it('holds against evidence and against what was made of it alike', () => {
    const kept: unknown = JSON.parse(JSON.stringify(baseline))
    expect(kept).toEqual(baseline)
    expect(gate(runEvidence(2, slower))).toMatchObject({ decision: 'regression', threshold_percent: 5 })
  })
})

describe('a baseline', () => {
  it('is made of a valid number with what it was measured on', () => {
    expect(makeBaseline(first, 'main')).toMatchObject({
      schema: 'radix.baseline/v2',
      verdict: 'valid',
      job_kind: 'resnet50_benchmark',
      recipe: 'reference',
      device: { type: 'cuda', name: 'NVIDIA A10G' },
      instance_type: 'g5.2xlarge',
      parameters: { batch_size: 128, image_size: 224, epochs: 1, steps_per_epoch: 200, warmup_steps: 10 },
      surroundings: { pytorch: '2.6.0', driver: '570.86.15', image: 'ami-0abcdef1234567890' },
      throughputs: steady,
    })
  })

  it.each([
    ['of a CPU', buildEvidence(cpuFacts()), 'cpu_only'],
    ['in doubt', runEvidence(2, [320.4, 343.9, 318.7]), 'spread_high'],
    ['of a run that failed', buildEvidence(failedFacts()), 'run_failed'],
  ])('is not made of a result %s', (_, evidence, reason) => {
    const error = refusal(() => makeBaseline(evidence, 'main'))
    expect(error).toMatchObject({ code: 'BASELINE_REFUSED', exitCode: 2 })
    expect(error.why).toContain(reason)
  })
})
