/** The contract of every provider that launches machines (see `provider.ts`). The tests of each provider run it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../core/ids.ts'
import { RadixError } from '../errors/radix-error.ts'
import { type LaunchRequest, type Machine, NO_CHOICE, type Provider } from './provider.ts'

export interface ProviderFixture {
  provider: Provider
  /** Another provider object for the same machines, as in another process. */
  createAnother(): Provider
  /** The machine ends without a request. */
  endByItself(machine: Machine): Promise<void>
  /** Makes the next launch fail. */
  breakLaunch(): void
  /** From now on the provider cannot look. Absent for a provider that always can. */
  blind?(): void
  readSecret(reference: string): Promise<string | undefined>
  /** Removes everything, and fails when something still runs. */
  close(): Promise<void>
}

const WAIT = { timeout: 20_000, interval: 20 }

export function describeProvider(name: string, create: () => Promise<ProviderFixture>): void {
  let fixture: ProviderFixture
  let provider: Provider
  let runId: string

  beforeEach(async () => {
    fixture = await create()
    provider = fixture.provider
    runId = newId('run')
  })
  afterEach(() => fixture.close())

  const { signal } = new AbortController()
  async function requestFor(clientToken = newId('m')): Promise<LaunchRequest> {
    return {
      placement: (await provider.listPlacements(signal))[0] ?? NO_CHOICE,
      runId,
      clientToken,
      clusterId: newId('cl'),
      clusterName: 'conformance',
      apiBase: 'http://127.0.0.1:9',
      onboardingTokenReference: await provider.storeSecret(runId, 'onboarding-token', 'a secret'),
      deadlineAt: new Date(Date.now() + 600_000),
    }
  }
  const launch = async (request?: LaunchRequest) => provider.launch(request ?? (await requestFor()), signal)
  /** `unknown` is neither: a machine that could not be looked up has not ended. */
  const readState = async ({ machineId }: Machine) => {
    const seen = await provider.describe(machineId)
    return seen.outcome === 'found' ? seen.value.state : seen.outcome === 'absent' ? 'terminated' : 'unknown'
  }
  const expectGone = (machine: Machine) => expect.poll(() => readState(machine), WAIT).toBe('terminated')

  describe(`provider ${name}`, () => {
    it('launches a running machine that knows its run, and finds it by that run', async () => {
      const machine = await launch()
      await expect.poll(() => readState(machine), WAIT).toBe('running')
      expect(machine.runId).toBe(runId)
      expect((await provider.findByRun(runId)).map(({ machineId }) => machineId)).toEqual([machine.machineId])
      expect(await provider.findByRun(newId('run'))).toEqual([])
    })

    it('launches one machine for one client token, from another process too', async () => {
      const request = await requestFor()
      const first = await launch(request)
      const again = await launch(request)
      const elsewhere = await fixture.createAnother().launch(request, signal)
      expect([again.machineId, elsewhere.machineId]).toEqual([first.machineId, first.machineId])
      expect(await provider.findByRun(runId)).toHaveLength(1)
    })

    it('launches another machine for another client token', async () => {
      const machines = [await launch(), await launch()]
      expect(new Set(machines.map(({ machineId }) => machineId)).size).toBe(2)
      expect(await provider.findByRun(runId)).toHaveLength(2)
    })

    it('terminates a machine, gives its proof, and no longer finds it by its run', async () => {
      const machine = await launch()
      await provider.terminate(machine.machineId)
      await expectGone(machine)
      const proof = { terminatedAt: expect.any(Date), stateDetail: expect.stringMatching(/./) }
      expect([{ outcome: 'found', value: expect.objectContaining(proof) }, { outcome: 'absent' }]).toContainEqual(
        await provider.describe(machine.machineId),
      )
      expect(await provider.findByRun(runId)).toEqual([])
    })

    it('accepts repeated requests to terminate, and requests for an unknown machine', async () => {
      const machine = await launch()
      await provider.terminate(machine.machineId)
      await provider.terminate(machine.machineId)
      await expectGone(machine)
      await provider.terminate(machine.machineId)
      await provider.terminate(newId('m'))
    })

    it('terminates only the given machine', async () => {
      const [first, second] = [await launch(), await launch()]
      await provider.terminate(first.machineId)
      await expectGone(first)
      expect(await readState(second)).toBe('running')
    })

    it('does not launch a second machine for the token of one that has ended', async () => {
      const request = await requestFor()
      const machine = await launch(request)
      await provider.terminate(machine.machineId)
      await expectGone(machine)
      expect((await launch(request)).state).toBe('terminated')
      expect(await provider.findByRun(runId)).toEqual([])
    })

    it('notices a machine that ended by itself', async () => {
      const machine = await launch()
      await fixture.endByItself(machine)
      await expectGone(machine)
      expect(await provider.findByRun(runId)).toEqual([])
    })

    it('lets another process find and terminate a machine that this one launched', async () => {
      const machine = await launch()
      const another = fixture.createAnother()
      const found = await another.findByRun(runId)
      expect(found.map(({ machineId }) => machineId)).toEqual([machine.machineId])
      await another.terminate(machine.machineId)
      await expectGone(machine)
    })

    it('does not know a machine that never existed', async () => {
      expect(await provider.describe(newId('m'))).toEqual({ outcome: 'absent' })
      expect(await provider.readLog(newId('m'))).toBe('')
    })

    it('never counts "could not look" as "not there"', async ({ skip }) => {
      const machine = await launch()
      if (!fixture.blind) return skip()
      fixture.blind()
      expect(await provider.describe(machine.machineId)).toMatchObject({
        outcome: 'unknown',
        reason: expect.stringMatching(/./),
      })
      await expect(provider.findByRun(runId)).rejects.toBeInstanceOf(RadixError)
    })

    it('reports why a launch failed, and leaves nothing', async () => {
      const request = await requestFor()
      fixture.breakLaunch()
      const error = await provider.launch(request, signal).catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(RadixError)
      expect(error).toMatchObject({ code: expect.stringMatching(/^(LAUNCH_FAILED|AWS_)/) })
      expect(await provider.findByRun(runId)).toEqual([])
    })

    it('stores secrets for the machine, replaces them, and deletes all secrets of a run', async () => {
      await provider.storeSecret(runId, 'onboarding-token', 'first')
      const reference = await provider.storeSecret(runId, 'onboarding-token', 'second')
      expect(reference).not.toContain('second')
      expect(await fixture.readSecret(reference)).toBe('second')
      await provider.deleteSecrets(runId)
      await provider.deleteSecrets(runId)
      expect(await fixture.readSecret(reference)).toBeUndefined()
    })
  })
}
