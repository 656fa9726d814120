import { describe, expect, it } from 'vitest'
import { deriveId, isId, newId } from './ids.ts'

describe('newId', () => {
  it('has its prefix and never repeats', () => {
    const ids = new Set(Array.from({ length: 1000 }, () => newId('job')))
    expect(ids.size).toBe(1000)
    for (const id of ids) expect(isId('job', id)).toBe(true)
  })

  it('sorts by creation time', () => {
    expect(newId('run', 1_700_000_000_000) < newId('run', 1_700_000_000_001)).toBe(true)
  })
})

describe('deriveId', () => {
  it('is the same for the same parts and another for others', () => {
    expect(deriveId('run', ['1', '23'])).toBe(deriveId('run', ['1', '23']))
    expect(deriveId('run', ['1', '23'])).not.toBe(deriveId('run', ['12', '3']))
    expect(isId('run', deriveId('run', []))).toBe(true)
  })
})

describe('isId', () => {
  it.each([
    '',
    'run_',
    'job_00000000000000000000000000',
    'run_0000000000000000000000000u',
    'run_000000000000000000000000000',
  ])('refuses %j as a run id', (value) => {
    expect(isId('run', value)).toBe(false)
  })
})
