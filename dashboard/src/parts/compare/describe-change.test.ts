import { describe, expect, it } from 'vitest'
import { describeCertainty, describeDirection, toneOf } from './describe-change.ts'

const slower = { relative: -0.073, interval: { low: -0.081, high: -0.065 }, p_value: 0.001 }
const faster = { relative: 0.09, interval: { low: 0.08, high: 0.1 }, p_value: 0.001 }

describe('a change between two runs', () => {
  it('says its direction in words', () => {
    expect(describeDirection(-0.073)).toBe('7.3 % slower than')
    expect(describeDirection(0.09)).toBe('9.0 % faster than')
    expect(describeDirection(0)).toBe('as fast as')
    expect(describeDirection(-0.0004)).toBe('as fast as')
  })

  it('is good or bad news of a later run alone', () => {
    expect(toneOf(slower, true)).toBe('bad')
    expect(toneOf(faster, true)).toBe('good')
    expect(toneOf(faster, false)).toBe('idle')
    expect(toneOf(slower, false)).toBe('idle')
  })

  it('is no news where it may be chance', () => {
    const chance = { relative: 0.02, interval: { low: -0.01, high: 0.05 }, p_value: 0.2 }
    expect(toneOf(chance, true)).toBe('idle')
    expect(describeCertainty(chance)).toBe('95 % interval −1.0 % to +5.0 %: may be chance')
    expect(toneOf({ relative: 0.5, interval: null, p_value: null }, true)).toBe('idle')
    expect(describeCertainty({ relative: 0.5, interval: null, p_value: null })).toBe('one trial: may be chance')
    expect(describeCertainty(slower)).toBe('95 % interval −8.1 % to −6.5 %')
  })
})
