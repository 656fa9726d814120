import { describe, expect, it } from 'vitest'
import { orderRuns } from './order.ts'

const STARTED = new Map([
  ['run_new', '2026-11-27T09:00:00.000Z'],
  ['run_old', '2026-11-20T09:00:00+02:00'],
  ['run_middle', '2026-11-24T09:00:00.000Z'],
])

describe('the order of compared runs', () => {
  it('is that of time, whichever was picked first', () => {
    expect(orderRuns(['run_new', 'run_old', 'run_middle'], STARTED)).toEqual(['run_old', 'run_middle', 'run_new'])
  })

  it('begins with the run that was put first', () => {
    expect(orderRuns(['run_new', 'run_old', 'run_middle'], STARTED, 'run_new')).toEqual([
      'run_new',
      'run_old',
      'run_middle',
    ])
  })

  it('ends with runs that could not be read, as they were picked', () => {
    expect(orderRuns(['run_y', 'run_x', 'run_new'], STARTED)).toEqual(['run_new', 'run_y', 'run_x'])
  })
})
