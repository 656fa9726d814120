import { describe, expect, it } from 'vitest'
import {
  CLUSTER_TRANSITIONS,
  isFinal,
  JOB_STATUSES,
  JOB_TRANSITIONS,
  mayTransition,
  RUN_TRANSITIONS,
  statesBefore,
} from './transitions.ts'

describe.each([
  ['job', JOB_TRANSITIONS, 'queued'],
  ['cluster', CLUSTER_TRANSITIONS, 'pending'],
  ['run', RUN_TRANSITIONS, 'registered'],
] as [string, Record<string, readonly string[]>, string][])('the %s states', (_, map, first) => {
  it('are all reachable from the first', () => {
    const reached = new Set([first])
    for (const state of reached) for (const next of map[state] ?? []) reached.add(next)
    expect([...reached].sort()).toEqual(Object.keys(map).sort())
  })

  it('lead nowhere outside the map', () => {
    for (const next of Object.values(map).flat()) expect(Object.keys(map)).toContain(next)
  })

  it('can all reach a final state', () => {
    for (const state of Object.keys(map)) {
      const reached = new Set([state])
      for (const each of reached) for (const next of map[each] ?? []) reached.add(next)
      expect([...reached].some((each) => isFinal(map, each))).toBe(true)
    }
  })
})

it('never changes an ended job', () => {
  for (const to of JOB_STATUSES) expect(mayTransition(JOB_TRANSITIONS, 'succeeded', to)).toBe(false)
})

it('lists the states that a guarded update may start from', () => {
  expect(statesBefore(JOB_TRANSITIONS, 'running')).toEqual(['leased'])
  expect(statesBefore(JOB_TRANSITIONS, 'cancelled')).toEqual(['queued', 'leased', 'running'])
})

it('never lets an unconfirmed termination become a success', () => {
  expect(mayTransition(RUN_TRANSITIONS, 'termination_unconfirmed', 'succeeded')).toBe(false)
})
