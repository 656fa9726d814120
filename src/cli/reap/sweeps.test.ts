import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { ReapReport } from '../../harness/reaper.ts'
import { runSweeps, type SweepPorts } from './sweeps.ts'

const GOOD: ReapReport = { at: '2026-03-02T12:00:00Z', dryRun: false, things: [], unseen: [], success: true }
const INTERVAL_MS = 600_000
const never = () => new Promise<never>(() => {})

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }))
afterEach(() => void vi.useRealTimers())

function prepare(changes: Partial<SweepPorts> = {}) {
  const told: ReapReport[] = []
  const kept: ReapReport[] = []
  const said: string[] = []
  const startedMs: number[] = []
  const beganMs = performance.now()
  const { sweep = async () => GOOD, ...others } = changes
  const ports: SweepPorts = {
    clock: systemClock,
    sweep: () => {
      startedMs.push(performance.now() - beganMs)
      return sweep()
    },
    show() {},
    keepRecord: async (report) => void kept.push(report),
    tellControlPlane: async (report) => void told.push(report),
    say: (message) => void said.push(message),
    ...others,
  }
  return { ports, told, kept, said, startedMs }
}

describe('a sweep', () => {
  const once = (ports: SweepPorts) =>
    runSweeps(ports, { dryRun: false, intervalMs: null }, new AbortController().signal)

  it('that never ends has a time limit, and is recorded, reported and logged as failed', async () => {
    const { ports, told, kept, said } = prepare({ sweep: never })
    const exitCode = once(ports)
    await vi.advanceTimersByTimeAsync(EC2_LIMITS.wholeSweep.value)
    expect(await exitCode).toBe(1)
    const failed = { success: false, things: [], unseen: [{ name: 'the whole sweep', code: 'AWS_CALL_FAILED' }] }
    expect(told).toMatchObject([failed])
    expect(kept).toMatchObject([failed])
    expect(said.join('\n')).toContain('did not end within 480 s')
  })

  it.each([
    ['keepRecord', 'was not recorded'],
    ['tellControlPlane', 'was not reported'],
  ] as const)('whose %s fails or hangs reports that failure', async (port, words) => {
    const failing = prepare({ [port]: () => Promise.reject(new RadixError('DISK_FULL', { path: '/data' })) })
    expect(await once(failing.ports)).toBe(1)
    expect(failing.said.join('\n')).toContain(words)
    const hanging = prepare({ [port]: never })
    const exitCode = once(hanging.ports)
    await vi.advanceTimersByTimeAsync(EC2_LIMITS.sweepReport.value)
    expect(await exitCode).toBe(1)
    expect(hanging.said.join('\n')).toContain(words)
    expect(hanging.told.length + hanging.kept.length).toBe(1)
  })

  it('ends with the code of a single cause that hid every region', async () => {
    const unseen = [
      { name: 'instances', code: 'AWS_CREDENTIALS_INVALID' as const, error: 'expired' },
      { name: 'volumes', code: 'AWS_CREDENTIALS_INVALID' as const, error: 'expired' },
    ]
    expect(await once(prepare({ sweep: async () => ({ ...GOOD, unseen, success: false }) }).ports)).toBe(4)
    expect(await once(prepare().ports)).toBe(0)
  })
})

describe('sweep after sweep', () => {
  /** Runs until just before the fourth sweep is due. */
  async function watch(ports: SweepPorts) {
    const stop = new AbortController()
    const ended = runSweeps(ports, { dryRun: false, intervalMs: INTERVAL_MS }, stop.signal)
    await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS - 1)
    stop.abort()
    await vi.advanceTimersByTimeAsync(EC2_LIMITS.wholeSweep.value + EC2_LIMITS.sweepReport.value)
    return ended
  }

  it.each([
    ['after one that takes its time', { sweep: () => systemClock.sleep(100_000).then(() => GOOD) }, 0],
    ['after one that never ends', { sweep: never }, 1],
    ['after one whose record cannot be written', { keepRecord: () => Promise.reject(new Error('read-only')) }, 1],
    ['after one whose report never arrives', { tellControlPlane: never }, 1],
    ['after one that hangs everywhere', { sweep: never, keepRecord: never, tellControlPlane: never }, 1],
  ])('starts the next on time %s', async (_, changes, exitCode) => {
    const { ports, startedMs } = prepare(changes)
    expect(await watch(ports)).toBe(exitCode)
    expect(startedMs).toEqual([0, INTERVAL_MS, 2 * INTERVAL_MS])
  })
})
