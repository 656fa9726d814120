/** Launching, awaiting and terminating machines of a provider in trouble. */
import { describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../../core/clock.ts'
import { ABSENT, type Lookup, unknown } from '../../core/lookup.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { buildCost } from '../../evidence/cost.ts'
import { FakeCloud } from '../../providers/fake/fake-provider.ts'
import { LaunchNotCompleted, type Machine, type Placement, type Provider } from '../../providers/provider.ts'
import { evidenceFactsOf } from '../evidence-facts.ts'
import type { RunFacts } from '../journal/entry.ts'
import type { StepContext } from '../step.ts'
import { stateAfter, testConfig } from '../testing/journal.ts'
import { awaitMachine } from './await-machine.ts'
import { launchMachine } from './launch-machine.ts'
import { terminateMachines } from './terminate-machine.ts'

const placement = (instanceType: string): Placement => ({
  region: 'memory',
  zone: 'a',
  instanceType,
  market: 'on-demand',
})
const UNANSWERED = new RadixError('LAUNCH_UNANSWERED', { provider: 'fake', placement: 'x', message: 'no answer' })

const SMALL = { pricePerHourUsd: 1, source: 'a price list' }
const LARGE = { pricePerHourUsd: 5, source: 'a price list' }

const noon = () => new ManualClock('2026-03-02T12:00:00Z')

function prepare(changes: Partial<Provider> = {}, cloud = new FakeCloud(), clock = noon()) {
  const facts: RunFacts = {
    placements: [placement('fake.small'), placement('fake.large')],
    quotes: [
      { placement: placement('fake.small'), quote: SMALL },
      { placement: placement('fake.large'), quote: LARGE },
    ],
    quote: LARGE,
    clusterId: 'cl_1',
    onboardingTokenReference: 'fake:run_1/onboarding-token',
  }
  const warnings: string[] = []
  const context = {
    runId: 'run_1',
    config: { clusterName: 'c' },
    deadlineAt: new Date('2026-03-02T13:00:00Z'),
    state: { adopted: false, startedAt: '2026-03-02T12:00:00Z' },
    facts,
    provider: { ...cloud.createProvider(), ...changes },
    client: { baseUrl: 'https://radix.example.com' },
    clock: {
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: async (ms: number) => clock.advance(ms),
    },
    logger: { debug() {}, warn() {} },
    signal: new AbortController().signal,
    record: (added: RunFacts) => void Object.assign(facts, added),
    say() {},
    emit: (event: { message?: string }) => void warnings.push(event.message ?? ''),
  } as unknown as StepContext
  return { context, facts, cloud, clock, warnings }
}

function costOf(facts: RunFacts) {
  const state = stateAfter({ config: testConfig({ provider: 'ec2' }) }, { type: 'recorded', facts })
  const ending = { status: 'failed' as const, failure: null, now: new Date('2026-03-02T12:10:00Z'), commit: null }
  return buildCost(evidenceFactsOf(state, { cluster: null, trials: [] }, ending), null)
}

describe('a launch', () => {
  it('is among the attempts, with an unknown outcome, before the answer arrives', async () => {
    const { context, facts } = prepare({
      launch: async () => {
        expect(facts.launchAttempts).toMatchObject([{ outcome: 'unknown', clientToken: facts.launchToken }])
        throw UNANSWERED
      },
    })
    await expect(launchMachine(context)).rejects.toMatchObject({ code: 'LAUNCH_UNANSWERED' })
    expect(facts.launchAttempts).toMatchObject([{ outcome: 'unknown', message: expect.stringContaining('no answer') }])
  })

  it('that was not completed keeps its machine, for its termination and its cost', async () => {
    const cloud = new FakeCloud()
    const real = cloud.createProvider()
    const denied = new RadixError('AWS_ACCESS_DENIED', { message: 'AddTagsToResource' })
    const launch: Provider['launch'] = async (...args) => {
      throw new LaunchNotCompleted(await real.launch(...args), denied)
    }
    const { context, facts } = prepare({ launch }, cloud)
    await expect(launchMachine(context)).rejects.toMatchObject({ code: 'AWS_ACCESS_DENIED' })
    expect(facts.launchAttempts).toMatchObject([{ outcome: 'launched' }])
    expect(facts.machine?.machineId).toBe(cloud.livingMachines[0]?.machineId)
  })

  it('that fails when repeated proves nothing about the first attempt', async () => {
    const { context, facts } = prepare({ launch: () => Promise.reject(UNANSWERED) })
    await expect(launchMachine(context)).rejects.toBeInstanceOf(RadixError)
    context.provider.launch = () => Promise.reject(new RadixError('AWS_CREDENTIALS_INVALID', { message: 'expired' }))
    await expect(launchMachine(context)).rejects.toMatchObject({ code: 'AWS_CREDENTIALS_INVALID' })
    expect(facts.launchAttempts).toMatchObject([{ outcome: 'unknown' }])
  })

  it('continues with the next placement when the machine ends for lack of capacity', async () => {
    const { context, facts, cloud, warnings } = prepare()
    await launchMachine(context)
    const end = { cause: 'no room', remedy: '', kind: 'capacity' as const }
    await cloud.end(facts.machine?.machineId ?? '', 'Server.InsufficientInstanceCapacity', end)
    expect((await awaitMachine(context)).status).toBe('succeeded')
    expect(facts.launchAttempts).toMatchObject([{ outcome: 'failed' }, { outcome: 'launched' }])
    expect(facts.machine?.instanceType).toBe('fake.large')
    expect(costOf(facts)?.price_per_hour_usd).toBe(5)
    expect(warnings).toEqual([expect.stringContaining('Trying the next placement')])
    await cloud.end(facts.machine?.machineId ?? '', 'Server.InsufficientInstanceCapacity', end)
    facts.machineRunningAt = undefined as never
    await expect(awaitMachine(context)).rejects.toMatchObject({ code: 'LAUNCH_CAPACITY', exitCode: 5 })
  })
})

describe('a launch at the next placement, after a lack of capacity', () => {
  const end = { cause: 'no room', remedy: '', kind: 'capacity' as const }

  async function endFirst(prepared: ReturnType<typeof prepare>): Promise<string> {
    const { context, facts, cloud } = prepared
    await launchMachine(context)
    const first = facts.machine?.machineId ?? ''
    await cloud.end(first, 'Server.InsufficientInstanceCapacity', end)
    return first
  }

  it('that goes unanswered is awaited, although the first machine is known to be terminated', async () => {
    const cloud = new FakeCloud()
    const real = cloud.createProvider()
    const prepared = prepare({ settleMs: 60_000 }, cloud)
    const { context, facts, clock } = prepared
    await endFirst(prepared)
    let lostAtMs = 0
    context.provider.launch = async (...args) => {
      await real.launch(...args)
      lostAtMs = clock.now().getTime()
      throw UNANSWERED
    }
    // The provider lists the second machine only later.
    context.provider.findByRun = async (runId) =>
      clock.now().getTime() - lostAtMs < 30_000 ? [] : real.findByRun(runId)
    await expect(awaitMachine(context)).rejects.toMatchObject({ code: 'LAUNCH_UNANSWERED' })
    expect(cloud.livingMachines).toHaveLength(1)
    await terminateMachines(context)
    expect(cloud.livingMachines).toEqual([])
    expect(facts.launchAttempts).toMatchObject([{ outcome: 'failed' }, { outcome: 'launched' }])
    expect(facts.machine?.instanceType).toBe('fake.large')
  })

  it('that its process did not survive is repeated by the next process with the same token', async () => {
    const prepared = prepare()
    const { context, facts, cloud } = prepared
    facts.placements?.push(placement('fake.huge'))
    const first = await endFirst(prepared)
    const real = cloud.createProvider()
    const tokens: string[] = []
    const note: Provider['launch'] = (request, signal) => {
      tokens.push(request.clientToken)
      return real.launch(request, signal)
    }
    // This process does nothing more.
    const died = new Promise<never>(() => {})
    context.provider.launch = async (...args) => {
      await note(...args)
      return died
    }
    void awaitMachine(context)
    await vi.waitFor(() => expect(cloud.livingMachines).toHaveLength(1))
    context.provider.launch = note
    expect((await awaitMachine(context)).status).toBe('succeeded')
    expect(new Set(tokens).size).toBe(1)
    expect(cloud.livingMachines).toHaveLength(1)
    expect(facts.machine).toMatchObject({ instanceType: 'fake.large', machineId: expect.not.stringMatching(first) })
    expect(facts.launchAttempts).toMatchObject([{ outcome: 'failed' }, { outcome: 'launched' }])
  })
})

describe('a termination', () => {
  it.each(['the machine', 'the list of machines'])(
    'requests the termination of %s when the disk is full',
    async (which) => {
      const { context, facts, cloud } = prepare({ settleMs: 0 })
      await launchMachine(context)
      if (which === 'the list of machines') facts.machine = null
      const listed = context.provider.findByRun
      // Node reports an unhandled error before the next turn of the event loop.
      context.provider.findByRun = async (runId) => {
        await new Promise((resolve) => setImmediate(resolve))
        return listed(runId)
      }
      const full = new RadixError('DISK_FULL', { path: 'journal.jsonl' })
      const record = vi.spyOn(context, 'record').mockImplementation(() => {
        throw full
      })
      const unhandled = vi.fn()
      process.on('unhandledRejection', unhandled)
      try {
        await expect(terminateMachines(context)).rejects.toBe(full)
      } finally {
        process.off('unhandledRejection', unhandled)
      }
      expect(record).toHaveBeenCalled()
      expect(unhandled).not.toHaveBeenCalled()
      expect(cloud.livingMachines).toEqual([])
    },
  )

  it('looks for a machine whose launch went unanswered until the provider would list it, and records it', async () => {
    const clock = noon()
    const cloud = new FakeCloud({ clock })
    const real = cloud.createProvider()
    const startedMs = Date.parse('2026-03-02T12:00:00Z')
    const { context, facts } = prepare(
      {
        settleMs: 60_000,
        launch: async (...args) => {
          await real.launch(...args)
          // As after a call that times out after minutes.
          await clock.advance(120_000)
          throw UNANSWERED
        },
        findByRun: async (runId) => (clock.now().getTime() - startedMs < 150_000 ? [] : real.findByRun(runId)),
      },
      cloud,
      clock,
    )
    await expect(launchMachine(context)).rejects.toMatchObject({ code: 'LAUNCH_UNANSWERED' })
    await terminateMachines(context)
    expect(cloud.livingMachines).toEqual([])
    expect(facts).toMatchObject({ machine: { machineId: expect.any(String) }, terminationProof: expect.any(String) })
    expect(facts.launchAttempts).toMatchObject([{ outcome: 'launched' }])
    // From 12:00 until at least 12:02:30, at the price of the small type and not the highest.
    expect(costOf(facts)).toMatchObject({ price_per_hour_usd: 1, machine_usd: expect.closeTo(0.042, 2) })
  })

  it('requests the termination of every machine when the answer for another never comes', async () => {
    const cloud = new FakeCloud()
    const { context, facts } = prepare({}, cloud)
    await launchMachine(context)
    const hung = facts.machine?.machineId ?? ''
    const rest = { clusterId: '', clusterName: '', apiBase: '', onboardingTokenReference: '', deadlineAt: new Date() }
    const request = { ...rest, placement: placement('fake.large'), runId: 'run_1', clientToken: 'm_2' }
    const other = await context.provider.launch(request, context.signal)
    const real = cloud.createProvider()
    const never = new Promise<never>(() => {})
    context.provider.describe = (id) => (id === hung ? never : real.describe(id))
    void terminateMachines(context)
    await vi.waitFor(() => expect(cloud.livingMachines.map(({ machineId }) => machineId)).toEqual([hung]))
    expect(other.machineId).not.toBe(hung)
  })

  it('does not count "could not look" as "found nothing"', async () => {
    const answers: Lookup<Machine>[] = [unknown('access denied'), unknown('access denied'), ABSENT]
    const { context, facts, warnings } = prepare()
    await launchMachine(context)
    context.provider.describe = async () => answers.shift() ?? ABSENT
    context.provider.findByRun = async () => []
    await terminateMachines(context)
    expect(answers).toEqual([])
    expect(facts.terminationProof).toContain('no longer knows the machine')
    expect(warnings.join('\n')).toContain('MACHINE_NOT_SEEN')
  })

  it('is never confirmed by a provider that cannot look before the time is up', async () => {
    const { context, facts, clock } = prepare()
    await launchMachine(context)
    context.provider.describe = async () => unknown('the process table could not be read')
    context.provider.findByRun = async () => []
    const timeUp = new AbortController()
    const sleep = async (ms: number) => {
      await clock.advance(ms)
      if (clock.now().getTime() > Date.parse('2026-03-02T12:10:00Z')) timeUp.abort(new Error('time is up'))
      timeUp.signal.throwIfAborted()
    }
    const bounded = Object.assign(Object.create(context), {
      signal: timeUp.signal,
      clock: { ...context.clock, sleep },
    }) as StepContext
    await expect(terminateMachines(bounded)).rejects.toMatchObject({
      code: 'TERMINATION_UNCONFIRMED',
      why: expect.stringContaining('the process table could not be read'),
    })
    expect(facts.terminationConfirmedAt).toBeUndefined()
  })
})
