import { describe, expect, it } from 'vitest'
import { compareRounds, measureInTurns } from './rounds.ts'

describe('measuring in turns', () => {
  it('throws the first round away, and changes the order from round to round', async () => {
    const order: string[] = []
    const side = (name: string) => async () => [order.push(name)]
    const rounds = await measureInTurns(2, { a: side('a'), b: side('b') })
    expect(order.join('')).toBe('abbaab')
    expect(rounds).toEqual({ a: [[4], [5]], b: [[3], [6]] })
  })
})

describe('comparing rounds', () => {
  it('answers the median of the ratios of each pair, and how far they spread', () => {
    expect(compareRounds([[2], [4], [9, 9, 90]], [[1], [4], [3]])).toEqual({ median: 2, lowest: 1, highest: 3 })
  })

  it('refuses rounds that do not pair up', () => {
    expect(() => compareRounds([[1]], [])).toThrow(RangeError)
  })
})
