import { describe, expect, it } from 'vitest'
import type { Observation } from './model.ts'
import { priceOf } from './prices.ts'
import { rankCandidates } from './rank.ts'

const asked = { features: {}, colocatedJobTypes: [] }
const observed = (gpuType: string, runtimes: number[], failures = 0): Observation[] =>
  [
    ...runtimes.map((runtime) => ({ runtime, success: true })),
    ...Array(failures).fill({ runtime: 1, success: false }),
  ].map((outcome) => ({ ...asked, gpuType, ...outcome }))

function rank(observations: Observation[], ...gpuTypes: string[]) {
  const candidates = gpuTypes.map((gpuType) => ({ name: gpuType, gpuType }))
  const own = Map.groupBy(observations, ({ gpuType }) => gpuType)
  return rankCandidates(asked, candidates, own, observations, priceOf)
}

describe('the ranking', () => {
  it('puts the best first, failures only after it, and the unseen last with nothing but nulls', () => {
    const observations = [...observed('T4', [100, 101]), ...observed('A10G', [50, 51]), ...observed('L4', [], 2)]
    const ranked = rank(observations, 'H100', 'L4', 'T4', 'A10G')
    expect(ranked.map(({ gpu_type }) => gpu_type)).toEqual(['A10G', 'T4', 'L4', 'H100'])
    expect(ranked[0]?.score).toBeGreaterThan(0.9)
    expect(ranked[2]).toMatchObject({ score: null, expected_runtime: null, observations: 2 })
    expect(ranked[3]).toEqual({
      gpu_type: 'H100',
      score: null,
      confidence: null,
      expected_runtime: null,
      runtime_interval: null,
      success_probability: null,
      expected_cost_usd: null,
      observations: 0,
    })
  })

  it('counts the time that failures take', () => {
    const observations = [...observed('fast', [90, 90, 90, 90], 12), ...observed('sure', [100, 100, 100, 100])]
    expect(rank(observations, 'fast', 'sure').map(({ gpu_type }) => gpu_type)).toEqual(['sure', 'fast'])
  })

  it('gives a cost only where a price is known', () => {
    const ranked = rank([...observed('T4', [3600]), ...observed('B200', [60])], 'T4', 'B200')
    const costs = Object.fromEntries(ranked.map(({ gpu_type, expected_cost_usd }) => [gpu_type, expected_cost_usd]))
    expect(costs.T4).toBeCloseTo(0.526, 4)
    expect(costs.B200).toBeNull()
  })

  it('grows more confident with observations', () => {
    const confidence = (count: number) => rank(observed('T4', Array(count).fill(100)), 'T4')[0]?.confidence ?? 0
    expect(confidence(1)).toBeLessThan(confidence(5))
    expect(confidence(5)).toBeLessThan(confidence(50))
    expect(confidence(50)).toBeGreaterThan(0.95)
  })

  it('takes two spellings of one GPU type for one competitor', () => {
    const observations = [...observed('T4', [100]), ...observed('A10G', [100])]
    const own = Map.groupBy(observations, ({ gpuType }) => gpuType)
    const candidates = ['T4', 'A10G', 'A10G'].map((gpuType, i) => ({ name: `${gpuType} ${i}`, gpuType }))
    const ranked = rankCandidates(asked, candidates, own, observations, priceOf)
    expect(ranked.map(({ score }) => score?.toFixed(6))).toEqual(['0.500000', '0.500000', '0.500000'])
  })

  it('answers the same to the same observations', () => {
    const observations = [...observed('T4', [100, 90], 1), ...observed('A10G', [95])]
    expect(rank(observations, 'T4', 'A10G')).toEqual(rank(observations, 'T4', 'A10G'))
  })
})
