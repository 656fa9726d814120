import { describe, expect, it } from 'vitest'
import type { RunStep } from '../../../../src/contract/schemas/run.ts'
import { describeStep, findFailedStep, toneOf } from './steps.ts'

const step = (name: string, status: RunStep['status']): RunStep => ({
  name,
  status,
  started_at: null,
  finished_at: null,
  message: null,
})

describe('the steps of a run', () => {
  it('tell which one failed, and not what was cleaned up after it', () => {
    const steps = [step('create-cluster', 'undone'), step('run-trials', 'failed'), step('clean-up', 'failed')]
    expect(findFailedStep(steps)?.name).toBe('run-trials')
    expect(findFailedStep([step('create-cluster', 'undone')])).toBeUndefined()
  })

  it('are described as they stand when the run has ended', () => {
    expect(describeStep({ status: 'undone' }, 'failed')).toBe('cleaned up')
    expect(describeStep({ status: 'pending' }, 'failed')).toBe('not reached')
    expect(describeStep({ status: 'pending' }, null)).toBe('pending')
    expect(describeStep({ status: 'failed' }, 'failed')).toBe('failed')
  })

  it('never show the last one of a failed run as succeeded', () => {
    expect(describeStep({ status: 'running' }, 'failed')).toBe('ended')
    expect(toneOf({ status: 'running' }, 'failed')).toBe('undone')
    expect(toneOf({ status: 'running' }, 'succeeded')).toBe('succeeded')
    expect(toneOf({ status: 'running' }, null)).toBe('running')
  })
})
