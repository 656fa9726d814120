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

const pause = async () => {}

function rank(observations: Observation[], ...gpuTypes: string[]) {
  const candidates = gpuTypes.map((gpuType) => ({ name: gpuType, gpuType }))
  const own = Map.groupBy(observations, ({ gpuType }) => gpuType)
  return rankCandidates(asked, candidates, own, observations, priceOf, pause)
}

describe('the ranking', () => {
  it('puts the best first, then candidates with only failures, and unseen ones last with only nulls', async () => {
    const observations = [...observed('T4', [100, 101]), ...observed('A10G', [50, 51]), ...observed('L4', [], 2)]
    const ranked = await rank(observations, 'H100', 'L4', 'T4', 'A10G')
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

  it('includes the time of failures', async () => {
    const observations = [...observed('fast', [90, 90, 90, 90], 12), ...observed('sure', [100, 100, 100, 100])]
    const ranked = await rank(observations, 'fast', 'sure')
    expect(ranked.map(({ gpu_type }) => gpu_type)).toEqual(['sure', 'fast'])
  })

  it('gives a cost only with a known price', async () => {
    const ranked = await rank([...observed('T4', [3600]), ...observed('B200', [60])], 'T4', 'B200')
    const costs = Object.fromEntries(ranked.map(({ gpu_type, expected_cost_usd }) => [gpu_type, expected_cost_usd]))
    expect(costs.T4).toBeCloseTo(0.526, 4)
    expect(costs.B200).toBeNull()
  })

  it('becomes more confident with observations', async () => {
    const confidence = async (count: number) =>
      (await rank(observed('T4', Array(count).fill(100)), 'T4'))[0]?.confidence ?? 0
    const [one, five, fifty] = [await confidence(1), await confidence(5), await confidence(50)]
    expect(one).toBeLessThan(five)
    expect(five).toBeLessThan(fifty)
    expect(fifty).toBeGreaterThan(0.95)
  })

  it('treats two spellings of one GPU type as one candidate', async () => {
    const observations = [...observed('T4', [100]), ...observed('A10G', [100])]
    const own = Map.groupBy(observations, ({ gpuType }) => gpuType)
    const candidates = ['T4', 'A10G', 'A10G'].map((gpuType, i) => ({ name: `${gpuType} ${i}`, gpuType }))
    const ranked = await rankCandidates(asked, candidates, own, observations, priceOf, pause)
    expect(ranked.map(({ score }) => score?.toFixed(6))).toEqual(['0.500000', '0.500000', '0.500000'])
  })

  it('is the same for the same observations', async () => {
    const observations = [...observed('T4', [100, 90], 1), ...observed('A10G', [95])]
    expect(await rank(observations, 'T4', 'A10G')).toEqual(await rank(observations, 'T4', 'A10G'))
  })

  it('pauses between candidates, so that a long ranking blocks nothing', async () => {
    const names = Array.from({ length: 32 }, (_, i) => `GPU ${i}`)
    const observations = names.flatMap((name) => observed(name, [100, 101]))
    const own = Map.groupBy(observations, ({ gpuType }) => gpuType)
    const candidates = names.map((name) => ({ name, gpuType: name }))
    let pauses = 0
    await rankCandidates(asked, candidates, own, observations, priceOf, async () => void pauses++)
    expect(pauses).toBe(32)
  })
})
