/** Over a real OpenSSH server on the loopback interface. */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { shellWord } from '../../core/shell-word.ts'
import { findMarkedProcesses, identifyProcess, signalProcess } from '../../system/process-table.ts'
import { describeProvider } from '../provider.testsuite.ts'
import { type LaunchRequest, NO_CHOICE, type Provider } from '../provider.ts'
import type { AgentProgram } from './agent-program.ts'
import type { SshHost } from './inventory.ts'
import { createSshProvider } from './ssh-provider.ts'
import { createSshSweepers } from './sweeper.ts'
import { explainMissingSshd, startTestSshd, type TestSshd } from './testing/sshd.ts'

const WAIT = { timeout: 20_000, interval: 50 }
const { signal } = new AbortController()

/** Empty where there is no such file or process any more. */
function tryTo(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

/** Stands where the agent would: says what it was given, starts a child that shows nothing of it, and waits. */
const AGENT = `#!/bin/sh
env
echo "token $(cat "$RADIX_ONBOARDING_TOKEN_FILE")"
case $1 in
  stubborn) trap '' TERM ;;
  stranger) (cd / && exec env -i setsid sleep 600) </dev/null >/dev/null 2>&1 & echo "stranger $!" ;;
esac
echo ready
while :; do sleep 600; done
`

describe.skipIf(explainMissingSshd() !== undefined)('over a real OpenSSH server', () => {
  let sshd: TestSshd
  let directory: string
  let open: Provider[]

  beforeAll(async () => {
    sshd = await startTestSshd()
  })
  afterAll(() => sshd?.close())
  beforeEach(async () => {
    open = []
    await sshd.trustHostKey()
    directory = await mkdtemp(join(tmpdir(), 'radix-ssh-provider-'))
    await writeFile(join(directory, 'agent'), AGENT, { mode: 0o755 })
  })
  afterEach(async () => {
    await Promise.all(open.map((provider) => provider.close?.()))
    for (const pid of hostProcesses()) tryTo(() => String(process.kill(pid, 'SIGKILL')))
    await expect.poll(hostProcesses, WAIT).toEqual([])
    for (const name of ['host', 'lease']) rmSync(join(sshd.directory, name), { recursive: true, force: true })
    await rm(directory, { recursive: true, force: true })
  })

  function createProvider(behaviour = '', laptop = 'laptop', hosts: SshHost[] = [sshd.host]): Provider {
    const program: AgentProgram = {
      archive: async () => `tar -czf - -C ${shellWord(directory)} agent`,
      command: () => ['./agent', behaviour],
    }
    const settings = { inventory: '/hosts.yaml', hosts }
    const provider = createSshProvider({ settings, directory: join(directory, laptop), program })
    open.push(provider)
    return provider
  }

  /** What is on the host because of this test: agents, their children and their keepers. */
  function hostProcesses() {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    return pids.map(Number).filter((pid) => pid !== process.pid && isOnHost(pid))
  }
  function isOnHost(pid: number): boolean {
    const cwd = tryTo(() => readlinkSync(`/proc/${pid}/cwd`))
    const environment = tryTo(() => readFileSync(`/proc/${pid}/environ`, 'latin1'))
    const root = join(sshd.directory, 'host')
    const isKeeper = environment.includes('RADIX_KEEPER_OF=') && environment.includes(sshd.directory)
    return cwd.startsWith(root) || environment.includes(root) || isKeeper
  }
  const isEmpty = () => !existsSync(join(sshd.directory, 'host')) && tryTo(() => readlinkSync(sshd.host.lease)) === ''

  describeProvider('ssh', async () => ({
    provider: createProvider(),
    createAnother: createProvider,
    endByItself: async ({ machineId }) => {
      const look = findMarkedProcesses(['RADIX_MACHINE_ID'])
      if (look.outcome !== 'found') throw new Error(look.reason)
      for (const process of look.value) {
        if (process.markers.RADIX_MACHINE_ID === machineId) signalProcess(process, 'SIGKILL')
      }
    },
    breakLaunch: () => {
      rmSync(join(sshd.directory, 'host'), { recursive: true, force: true })
      writeFileSync(join(sshd.directory, 'host'), 'a file where the folder should be')
    },
    blind: () => {
      writeFileSync(sshd.host.known_hosts ?? '', '')
      sshd.cut()
    },
    readSecret: (reference) => readFile(reference, 'utf8').catch(() => undefined),
    close: async () => {},
  }))

  describe('a machine on a host', () => {
    const runId = newId('run')

    async function requestFor(provider: Provider, more: Partial<LaunchRequest> = {}): Promise<LaunchRequest> {
      return {
        placement: { ...NO_CHOICE, region: sshd.host.name },
        runId,
        clientToken: newId('m'),
        clusterId: 'cl_1',
        clusterName: 'test',
        apiBase: 'http://203.0.113.1:9',
        onboardingTokenReference: await provider.storeSecret(more.runId ?? runId, 'onboarding-token', 'a secret'),
        deadlineAt: new Date(Date.now() + 600_000),
        ...more,
      }
    }
    const launch = async (provider: Provider, more?: Partial<LaunchRequest>) =>
      provider.launch(await requestFor(provider, more), signal)
    const stateOf = async (provider: Provider, machineId: string) => {
      const seen = await provider.describe(machineId)
      return seen.outcome === 'found' ? seen.value.state : seen.outcome
    }
    const logOf = async (provider: Provider, machineId: string, text: string) => {
      await expect.poll(() => provider.readLog(machineId), WAIT).toContain(text)
      return provider.readLog(machineId)
    }

    it('gets what the agent needs, its token by a file, and is gone without a trace', async () => {
      const provider = createProvider()
      const machine = await launch(provider)
      const log = await logOf(provider, machine.machineId, 'ready')
      expect(log).toContain('RADIX_API_BASE=http://203.0.113.1:9\n')
      expect(log).toContain(`RADIX_MACHINE_ID=${machine.machineId}\n`)
      expect(log).toContain('token a secret')
      const commands = readdirSync('/proc').map((pid) => tryTo(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')))
      expect(commands.filter((command) => command.includes('a secret'))).toEqual([])
      const folder = join(sshd.directory, 'host', runId, machine.machineId)
      expect(statSync(join(folder, 'onboarding-token')).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(folder, 'keeper.sh'), 'utf8')).not.toContain('a secret')
      await provider.terminate(machine.machineId)
      expect(await provider.describe(machine.machineId)).toMatchObject({
        value: {
          state: 'terminated',
          stateDetail: expect.stringMatching(/^host loopback \(SHA256:.*lease is released$/),
        },
      })
      expect(isEmpty()).toBe(true)
      expect(hostProcesses()).toEqual([])
      expect(await provider.readLog(machine.machineId)).toContain('ready')
    })

    it('is not gone while a child without a mark of it lives, and ends with it', async () => {
      const provider = createProvider('stranger')
      const { machineId } = await launch(provider)
      const log = await logOf(provider, machineId, 'ready')
      const stranger = Number(/stranger (\d+)/.exec(log)?.[1])
      // Its keeper, too: that would end the child.
      for (const pid of hostProcesses()) process.kill(pid, 'SIGKILL')
      expect(await stateOf(provider, machineId)).toBe('running')
      await provider.terminate(machineId)
      expect(await stateOf(provider, machineId)).toBe('terminated')
      expect(identifyProcess(stranger).outcome).toBe('absent')
    })

    it('is killed when it does not end on request', async () => {
      const provider = createProvider('stubborn')
      const { machineId } = await launch(provider)
      await logOf(provider, machineId, 'ready')
      await provider.terminate(machineId)
      expect(await stateOf(provider, machineId)).toBe('terminated')
      expect(hostProcesses()).toEqual([])
    })

    it('keeps the runs of other computers off its host, which see whose it is', async () => {
      const [mine, theirs] = [createProvider('', 'mine'), createProvider('', 'theirs')]
      const { machineId } = await launch(mine)
      const other = newId('run')
      const error = await launch(theirs, { runId: other }).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'LAUNCH_CAPACITY', why: expect.stringContaining(runId) })
      const request = { runId: other, apiBase: '', deadlineAt: new Date(), needsGpu: false }
      expect(await theirs.preflight(request, signal)).toContainEqual(
        expect.objectContaining({ code: 'SSH_HOST_BUSY', severity: 'error', message: expect.stringContaining(runId) }),
      )
      expect(await theirs.findByRun(other)).toEqual([])
      expect(await stateOf(mine, machineId)).toBe('running')
      await mine.terminate(machineId)
      const next = await launch(theirs, { runId: other })
      expect(next.state).toBe('running')
      await theirs.terminate(next.machineId)
      expect(isEmpty()).toBe(true)
    })

    it('is on the next host that is free and suitable', async () => {
      const { machineId } = await launch(createProvider())
      const second = { ...sshd.host, name: 'second', lease: `${sshd.host.lease}-2`, price_per_hour: 2 }
      const third = { ...sshd.host, name: 'third', port: 1 }
      const provider = createProvider('', 'another laptop', [sshd.host, third, second])
      const other = newId('run')
      const request = { runId: other, apiBase: '', deadlineAt: new Date(), needsGpu: false }
      const findings = await provider.preflight(request, signal)
      expect(findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
        'SSH_HOST_BUSY warning',
        'SSH_HOST_UNREACHABLE warning',
      ])
      const placements = await provider.listPlacements(signal)
      expect(placements.map(({ region }) => region)).toEqual(['second'])
      const [placement = NO_CHOICE] = placements
      expect(await provider.quote(placement, signal)).toMatchObject({ pricePerHourUsd: 2 })
      const machine = await launch(provider, { runId: other, placement })
      expect(machine).toMatchObject({ state: 'running', region: 'second' })
      await provider.terminate(machine.machineId)
      expect(await stateOf(provider, machine.machineId)).toBe('terminated')
      expect(await stateOf(createProvider(), machineId)).toBe('running')
    })

    it('is taken by one of two runs that come at the same moment', async () => {
      const providers = ['one', 'two'].map((laptop) => createProvider('', laptop))
      const results = await Promise.allSettled(providers.map((provider) => launch(provider, { runId: newId('run') })))
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    })

    it('ends at its deadline without a request, and leaves nothing', async () => {
      const provider = createProvider('stubborn')
      await launch(provider, { deadlineAt: new Date(Date.now() + 4000) })
      await provider.close?.()
      await expect.poll(isEmpty, WAIT).toBe(true)
      expect(hostProcesses()).toEqual([])
    })

    it('is found and ended by another computer, which has only the inventory', async () => {
      const { machineId } = await launch(createProvider())
      const other = createProvider('', 'another laptop')
      expect((await other.findByRun(runId)).map((machine) => machine.machineId)).toEqual([machineId])
      await other.terminate(machineId)
      expect(await other.findByRun(runId)).toEqual([])
      expect(isEmpty()).toBe(true)
    })

    it('is listed and removed by the reaper, also what is left of one', async () => {
      const deadlineAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 600_000)
      const { machineId } = await launch(createProvider(), { deadlineAt })
      const [sweeper] = createSshSweepers([sshd.host])
      const [leftover] = (await sweeper?.list()) ?? []
      expect(leftover).toMatchObject({ kind: 'agent', id: machineId, runId, region: 'loopback', deadlineAt })
      if (leftover) await sweeper?.remove(leftover)
      expect(isEmpty()).toBe(true)
      await launch(createProvider('', 'second'), { deadlineAt })
      for (const pid of hostProcesses()) process.kill(pid, 'SIGKILL')
      rmSync(join(sshd.directory, 'host'), { recursive: true })
      const [lease] = (await sweeper?.list()) ?? []
      expect(lease).toMatchObject({ kind: 'lease', runId, deadlineAt })
      if (lease) await sweeper?.remove(lease)
      expect(await sweeper?.list()).toEqual([])
      await sweeper?.close?.()
      expect(isEmpty()).toBe(true)
    })

    it('reaches a control plane on this computer through a tunnel, also after the connection broke', async () => {
      const server = createServer((_request, response) => response.end('the control plane'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const provider = createProvider()
      const { machineId } = await launch(provider, { apiBase: `http://127.0.0.1:${port}` })
      const log = await logOf(provider, machineId, 'ready')
      const address = /RADIX_API_BASE=(\S+)/.exec(log)?.[1] ?? ''
      expect(address).not.toContain(String(port))
      const ask = () =>
        fetch(address).then(
          (answer) => answer.text(),
          () => 'nothing',
        )
      expect(await ask()).toBe('the control plane')
      sshd.cut()
      await expect.poll(ask, WAIT).toBe('nothing')
      await expect
        .poll(async () => [await stateOf(provider, machineId), await ask()], WAIT)
        .toEqual(['running', 'the control plane'])
      await provider.terminate(machineId)
      await provider.close?.()
      await expect.poll(ask, WAIT).toBe('nothing')
      server.closeAllConnections()
      server.close()
    })

    it('is unknown while its host does not answer, and still there afterwards', async () => {
      const provider = createProvider()
      const { machineId } = await launch(provider)
      await sshd.stop()
      sshd.cut()
      try {
        expect(await provider.describe(machineId)).toMatchObject({ outcome: 'unknown' })
        await expect(provider.findByRun(runId)).rejects.toMatchObject({ code: expect.stringMatching(/^SSH_/) })
        await expect(provider.terminate(machineId)).rejects.toMatchObject({ code: expect.stringMatching(/^SSH_/) })
        const error = await launch(createProvider('', 'other')).catch((caught: unknown) => caught)
        expect(error).toMatchObject({ code: 'SSH_HOST_UNREACHABLE' })
      } finally {
        await sshd.start()
      }
      expect(await stateOf(provider, machineId)).toBe('terminating')
      await provider.terminate(machineId)
      expect(await stateOf(provider, machineId)).toBe('terminated')
    })
  })
})
