import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LeasedJob } from '../contract/schemas/job.ts'
import { type AgentEffect, type AgentInput, type AgentState, initialState, step } from './machine.ts'

const SETTINGS = { heartbeatIntervalMs: 10_000, unreachableExitMs: 60_000 }
const EXIT = { reason: 'signal', message: 'stop' } as const

function leased(jobId: string): LeasedJob {
  return {
    job_id: jobId,
    cluster_id: 'cl_1',
    job_kind: 'resnet50_benchmark',
    params: {},
    timeout_seconds: 60,
    lease: { token: `token of ${jobId}`, epoch: 1, expires_at: '2026-01-01T00:00:30Z' },
  }
}

/** Feeds inputs one after the other, and returns the last state and all effects. */
function play(inputs: AgentInput[], maxJobs = 1, nowMs = 0): { state: AgentState; effects: AgentEffect[] } {
  const effects: AgentEffect[] = []
  let state = initialState(maxJobs)
  for (const input of inputs) {
    const next = step(state, input, nowMs, SETTINGS)
    state = next.state
    effects.push(...next.effects)
  }
  return { state, effects }
}

/** The effects of the last input. */
function lastEffects(inputs: AgentInput[], maxJobs = 1): AgentEffect[] {
  const before = play(inputs.slice(0, -1), maxJobs).effects.length
  return play(inputs, maxJobs).effects.slice(before)
}

const started: AgentInput = { type: 'started', jobs: [] }
const got = (...jobIds: string[]): AgentInput => ({ type: 'poll-answered', jobs: jobIds.map(leased) })
const types = (effects: AgentEffect[]) => effects.map(({ type }) => type)

describe('starting', () => {
  it('sends a heartbeat and polls at once', () => {
    expect(lastEffects([started])).toEqual([{ type: 'heartbeat' }, { type: 'poll', maxJobs: 1 }])
  })

  it('resumes earlier jobs, reports those that had ended, and polls for as many as there is room for', () => {
    const jobs = [
      { jobId: 'a', leaseToken: 't', leaseDurationMs: 3000, ended: false },
      { jobId: 'b', leaseToken: 't', leaseDurationMs: 3000, ended: true },
    ]
    expect(lastEffects([{ type: 'started', jobs }], 3)).toEqual([
      { type: 'heartbeat' },
      { type: 'attach-job', jobId: 'a' },
      { type: 'renew-lease', jobId: 'a' },
      { type: 'report-job', jobId: 'b' },
      { type: 'poll', maxJobs: 1 },
    ])
  })
})

describe('a job', () => {
  it('is started on arrival, and the agent polls for no other while it runs', () => {
    expect(types(lastEffects([started, got('a')]))).toEqual(['start-job', 'set-timer'])
  })

  it('is reported at its end, and the agent polls again once that is acknowledged', () => {
    expect(lastEffects([started, got('a'), { type: 'job-ended', jobId: 'a' }])).toEqual([
      { type: 'report-job', jobId: 'a' },
    ])
    const acknowledged: AgentInput = { type: 'job-reported', jobId: 'a' }
    expect(lastEffects([started, got('a'), { type: 'job-ended', jobId: 'a' }, acknowledged])).toEqual([
      { type: 'poll', maxJobs: 1 },
    ])
  })

  it('is reported again with growing pauses until it is acknowledged', () => {
    const failed: AgentInput = { type: 'report-failed', jobId: 'a' }
    const ended: AgentInput[] = [started, got('a'), { type: 'job-ended', jobId: 'a' }]
    expect(lastEffects([...ended, failed])).toMatchObject([{ type: 'set-timer', delayMs: 200 }])
    expect(lastEffects([...ended, failed, failed])).toMatchObject([{ type: 'set-timer', delayMs: 400 }])
    expect(lastEffects([...ended, failed, { type: 'timer', timer: { name: 'report', jobId: 'a' } }])).toEqual([
      { type: 'report-job', jobId: 'a' },
    ])
  })

  it('has its lease renewed at a third of its duration', () => {
    const renewed: AgentInput = { type: 'lease-renewed', jobId: 'a', leaseDurationMs: 30_000, cancelRequested: false }
    expect(lastEffects([started, got('a'), renewed])).toEqual([
      { type: 'set-timer', timer: { name: 'lease', jobId: 'a' }, delayMs: 10_000 },
    ])
  })

  it('is stopped once for two cancel requests', () => {
    const cancel: AgentInput = { type: 'lease-renewed', jobId: 'a', leaseDurationMs: 30_000, cancelRequested: true }
    const { effects } = play([started, got('a'), cancel, cancel])
    expect(effects.filter(({ type }) => type === 'stop-job')).toEqual([
      { type: 'stop-job', jobId: 'a', reason: 'cancelled' },
    ])
  })

  it('continues while the control plane does not answer', () => {
    const { effects } = play([started, got('a'), { type: 'lease-unanswered', jobId: 'a' }])
    expect(types(effects)).not.toContain('stop-job')
  })

  it('is stopped and never reported when its lease is lost', () => {
    const inputs: AgentInput[] = [
      started,
      got('a'),
      { type: 'lease-refused', jobId: 'a' },
      { type: 'job-ended', jobId: 'a' },
    ]
    const { effects, state } = play(inputs)
    expect(types(effects)).toContain('discard-job')
    expect(types(effects)).not.toContain('report-job')
    expect(state.jobs).toEqual({})
  })

  it('that arrives twice is started once', () => {
    const { effects } = play([started, got('a'), got('a')], 2)
    expect(types(effects).filter((type) => type === 'start-job')).toHaveLength(1)
  })
})

describe('a control plane that does not answer', () => {
  it('is polled with growing pauses', () => {
    const failed: AgentInput = { type: 'poll-failed', refused: false }
    const timer: AgentInput = { type: 'timer', timer: { name: 'poll' } }
    expect(lastEffects([started, failed])).toMatchObject([{ delayMs: 100 }])
    expect(lastEffects([started, failed, timer, failed])).toMatchObject([{ delayMs: 200 }])
  })

  it('ends the agent when it is unreachable for too long', () => {
    const { state } = play([started])
    const soon = step(state, { type: 'heartbeat-failed', refused: false }, 59_999, SETTINGS)
    expect(types(soon.effects)).toEqual(['set-timer'])
    const late = step(state, { type: 'heartbeat-failed', refused: false }, 60_000, SETTINGS)
    expect(late.effects).toMatchObject([{ type: 'exit', exit: { reason: 'unreachable' } }])
  })

  it('never ends an agent without that limit', () => {
    const { state } = play([started])
    const settings = { ...SETTINGS, unreachableExitMs: null }
    expect(types(step(state, { type: 'heartbeat-failed', refused: false }, 1e9, settings).effects)).toEqual([
      'set-timer',
    ])
  })

  it('ends the agent when it refuses its token', () => {
    expect(lastEffects([started, { type: 'heartbeat-failed', refused: true }])).toMatchObject([
      { type: 'exit', exit: { reason: 'refused' } },
    ])
  })
})

describe('stopping', () => {
  it('exits at once when nothing runs', () => {
    expect(lastEffects([started, { type: 'stop', exit: EXIT }])).toEqual([{ type: 'exit', exit: EXIT }])
  })

  it('stops running jobs, reports them, then exits', () => {
    const inputs: AgentInput[] = [started, got('a'), { type: 'stop', exit: EXIT }]
    expect(lastEffects(inputs)).toEqual([{ type: 'stop-job', jobId: 'a', reason: 'agent-stops' }])
    const ended: AgentInput[] = [...inputs, { type: 'job-ended', jobId: 'a' }]
    expect(lastEffects(ended)).toEqual([{ type: 'report-job', jobId: 'a' }])
    expect(lastEffects([...ended, { type: 'job-reported', jobId: 'a' }])).toEqual([{ type: 'exit', exit: EXIT }])
  })

  it('exits when the report is not answered: the result is on disk', () => {
    const inputs: AgentInput[] = [started, got('a'), { type: 'job-ended', jobId: 'a' }, { type: 'stop', exit: EXIT }]
    expect(lastEffects([...inputs, { type: 'report-failed', jobId: 'a' }])).toEqual([{ type: 'exit', exit: EXIT }])
  })

  it('does not start a job that arrives late', () => {
    const inputs: AgentInput[] = [started, got('a'), { type: 'stop', exit: EXIT }, got('b')]
    expect(lastEffects(inputs)).toEqual([])
  })
})

describe('for any inputs', () => {
  const jobId = fc.constantFrom('a', 'b', 'c')
  const input: fc.Arbitrary<AgentInput> = fc.oneof(
    fc.record({ type: fc.constant('poll-answered' as const), jobs: fc.subarray(['a', 'b', 'c'].map(leased)) }),
    fc.record({ type: fc.constant('poll-failed' as const), refused: fc.boolean() }),
    fc.record({ type: fc.constant('heartbeat-failed' as const), refused: fc.boolean() }),
    fc.constant<AgentInput>({ type: 'heartbeat-answered' }),
    fc.record({
      type: fc.constant('timer' as const),
      timer: fc.record({ name: fc.constantFrom('lease' as const, 'report' as const), jobId }),
    }),
    fc.constant<AgentInput>({ type: 'timer', timer: { name: 'poll' } }),
    fc.record({
      type: fc.constant('lease-renewed' as const),
      jobId,
      leaseDurationMs: fc.constant(30_000),
      cancelRequested: fc.boolean(),
    }),
    fc.record({
      type: fc.constantFrom(
        'lease-refused' as const,
        'lease-unanswered' as const,
        'job-ended' as const,
        'job-reported' as const,
        'report-failed' as const,
      ),
      jobId,
    }),
    fc.constant<AgentInput>({ type: 'stop', exit: EXIT }),
  )

  it('one poll is open at a time, there is room for its answer, and nothing follows an exit', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        let { state } = step(initialState(2), started, 0, SETTINGS)
        let open = true
        let exited = false
        for (const next of inputs) {
          // The driver answers only open polls, with at most the requested number of jobs.
          const isAnswer = next.type === 'poll-answered' || next.type === 'poll-failed'
          if (isAnswer && !open) continue
          if (isAnswer) open = false
          const room = 2 - Object.keys(state.jobs).length
          const given = next.type === 'poll-answered' ? { ...next, jobs: next.jobs.slice(0, room) } : next
          const result = step(state, given, 0, SETTINGS)
          expect(exited ? result.effects : []).toEqual([])
          for (const effect of result.effects) {
            if (effect.type === 'exit') exited = true
            if (effect.type !== 'poll') continue
            expect(open).toBe(false)
            open = true
            expect(effect.maxJobs + Object.keys(result.state.jobs).length).toBeLessThanOrEqual(2)
          }
          state = result.state
          expect(Object.keys(state.jobs).length).toBeLessThanOrEqual(2)
        }
      }),
      { numRuns: 500 },
    )
  })
})

it('starts only as many jobs as it has room for, whatever the control plane sends', () => {
  const effects = lastEffects([started, got('a', 'b', 'c')], 2)
  expect(effects.filter(({ type }) => type === 'start-job')).toHaveLength(2)
  expect(types(lastEffects([started, got('a'), got('b')], 1))).not.toContain('start-job')
})
