import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { findMarkedProcesses, identifyProcess, signalProcess } from '../../system/process-table.ts'
import { describeProvider } from '../provider.testsuite.ts'
import { type LaunchRequest, NO_CHOICE } from '../provider.ts'
import { createLocalProvider } from './local-provider.ts'
import { MACHINE_MARK, RUN_MARK } from './start-agent.ts'

const WAIT = { timeout: 20_000, interval: 20 }

/** Stands in for the agent: prints its environment, starts a child, and waits. */
const AGENT = `
import { spawn } from 'node:child_process'
const { stubborn, child, stranger } = JSON.parse(process.argv[2])
if (stubborn) process.on('SIGTERM', () => {})
if (child) spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)'], { detached: true, stdio: 'ignore' })
if (stranger) {
  const { pid } = spawn('/bin/sleep', ['600'], { detached: true, stdio: 'ignore', env: {} })
  console.log('stranger ' + pid)
}
console.log(JSON.stringify(process.env))
setTimeout(() => {}, 600_000)
`

interface Behaviour {
  stubborn?: boolean
  child?: boolean
  /** A child that cannot be traced to its parent. */
  stranger?: boolean
}

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-local-provider-'))
  await writeFile(join(directory, 'agent.mjs'), AGENT)
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function createProvider(behaviour: Behaviour = {}, env: Record<string, string | undefined> = process.env) {
  const agentCommand = [process.execPath, join(directory, 'agent.mjs'), JSON.stringify(behaviour)] as const
  return createLocalProvider({ directory: join(directory, 'machines'), agentCommand, env })
}

const machineProcesses = () => {
  const look = findMarkedProcesses([MACHINE_MARK, RUN_MARK, 'RADIX_AGENT_STATE_DIR'])
  if (look.outcome !== 'found') throw new Error(look.reason)
  return look.value.filter(({ markers }) => markers.RADIX_AGENT_STATE_DIR?.startsWith(directory))
}

describeProvider('local', async () => ({
  provider: createProvider(),
  createAnother: createProvider,
  endByItself: async ({ machineId }) => {
    const mine = machineProcesses().filter(({ markers }) => markers[MACHINE_MARK] === machineId)
    for (const process of mine) signalProcess(process, 'SIGKILL')
  },
  breakLaunch: () => {
    rmSync(join(directory, 'machines'), { recursive: true })
    writeFileSync(join(directory, 'machines'), 'a file where the folder should be')
  },
  readSecret: (reference) => readFile(reference, 'utf8').catch(() => undefined),
  close: async () => {
    for (const process of machineProcesses()) signalProcess(process, 'SIGKILL')
    await expect.poll(machineProcesses, WAIT).toEqual([])
  },
}))

describe('a machine of the local provider', () => {
  const runId = newId('run')
  const { signal } = new AbortController()
  afterEach(() => {
    for (const process of machineProcesses()) signalProcess(process, 'SIGKILL')
  })

  async function launch(provider: ReturnType<typeof createProvider>) {
    const request: LaunchRequest = {
      placement: NO_CHOICE,
      runId,
      clientToken: newId('m'),
      clusterId: 'cl_1',
      clusterName: 'test',
      apiBase: 'http://127.0.0.1:9',
      onboardingTokenReference: await provider.storeSecret(runId, 'onboarding-token', 'a secret'),
      deadlineAt: new Date('2099-01-01T00:00:00Z'),
    }
    return provider.launch(request, signal)
  }
  const see = async (provider: ReturnType<typeof createProvider>, machineId: string) => {
    const seen = await provider.describe(machineId)
    return seen.outcome === 'found' ? seen.value : undefined
  }
  const state = async (provider: ReturnType<typeof createProvider>, machineId: string) =>
    (await see(provider, machineId))?.state

  it('is not terminated while any process of its agent lives, and ends with it', async () => {
    const provider = createProvider({ child: true })
    const { machineId } = await launch(provider)
    await expect.poll(() => machineProcesses().length, WAIT).toBe(2)
    const [agent] = machineProcesses().sort((a, b) => a.pid - b.pid)
    if (agent) signalProcess(agent, 'SIGKILL')
    await expect.poll(() => machineProcesses().length, WAIT).toBe(1)
    expect(await state(provider, machineId)).toBe('running')
    await provider.terminate(machineId)
    await expect.poll(() => state(provider, machineId), WAIT).toBe('terminated')
    expect(machineProcesses()).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')(
    'is not gone while a child with an environment of its own lives',
    async () => {
      const provider = createProvider({ stranger: true })
      const { machineId } = await launch(provider)
      await expect.poll(() => provider.readLog(machineId), WAIT).toContain('{')
      const pid = Number(/stranger (\d+)/.exec(await provider.readLog(machineId))?.[1])
      for (const agent of machineProcesses()) signalProcess(agent, 'SIGKILL')
      await expect.poll(() => machineProcesses(), WAIT).toEqual([])
      expect(await state(provider, machineId)).toBe('running')
      await provider.terminate(machineId)
      await expect.poll(() => state(provider, machineId), WAIT).toBe('terminated')
      expect(identifyProcess(pid).outcome).toBe('absent')
    },
  )
  it('is reported to every other run that is about to use its host', async () => {
    const provider = createProvider()
    const deadlineAt = new Date()
    const findingsOf = (id: string) =>
      provider.preflight({ runId: id, apiBase: '', deadlineAt, needsGpu: false }, signal)
    expect(await findingsOf(runId)).toEqual([])
    const { machineId } = await launch(provider)
    const other = await findingsOf(newId('run'))
    expect(other).toMatchObject([
      { code: 'MACHINE_SHARED', severity: 'warning', message: expect.stringContaining(runId) },
    ])
    expect(await findingsOf(runId)).toEqual([])
    await provider.terminate(machineId)
    await expect.poll(() => findingsOf(newId('run')), WAIT).toEqual([])
  })

  it('is killed when it ignores the request to end', async () => {
    const provider = createProvider({ stubborn: true })
    const { machineId } = await launch(provider)
    await expect.poll(() => provider.readLog(machineId), WAIT).toContain('{')
    await provider.terminate(machineId)
    expect(await state(provider, machineId)).toBe('terminating')
    await expect.poll(() => state(provider, machineId), WAIT).toBe('terminated')
  })

  it('is not terminated while a process carries its marks, whatever its record says', async () => {
    const provider = createProvider()
    const { machineId } = await launch(provider)
    const path = join(directory, 'machines', machineId, 'machine.json')
    const record = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(
      path,
      JSON.stringify({ ...record, terminatedAt: '2026-01-01T00:00:00.000Z', terminationProof: 'x' }),
    )
    expect(await state(provider, machineId)).toBe('running')
    expect(await provider.findByRun(runId)).toHaveLength(1)
    await provider.terminate(machineId)
    await expect.poll(() => state(provider, machineId), WAIT).toBe('terminated')
    expect(machineProcesses()).toEqual([])
  })

  it('is found by its processes when its record is lost', async () => {
    const { machineId } = await launch(createProvider())
    await rm(join(directory, 'machines'), { recursive: true })
    const provider = createProvider()
    expect((await provider.findByRun(runId)).map((machine) => machine.machineId)).toEqual([machineId])
    await provider.terminate(machineId)
    await expect.poll(() => provider.findByRun(runId), WAIT).toEqual([])
  })

  it('gets the variables that the agent needs, and no secret of the launching process', async () => {
    const env = { ...process.env, AWS_SECRET_ACCESS_KEY: 'hidden-1', RADIX_TOKEN: 'hidden-2', RADIX_PYTHON: '/python' }
    const provider = createProvider({}, { ...env, RADIX_DATA_DIR: '/hidden-3' })
    const { machineId } = await launch(provider)
    const read = () => readFile(join(directory, 'machines', machineId, 'agent.log'), 'utf8')
    await expect.poll(read, WAIT).toContain('\n')
    const given = JSON.parse(await read())
    expect(given).toMatchObject({
      RADIX_API_BASE: 'http://127.0.0.1:9',
      RADIX_CLUSTER_ID: 'cl_1',
      RADIX_MACHINE_ID: machineId,
      RADIX_RUN_ID: runId,
      RADIX_PYTHON: '/python',
      RADIX_AGENT_DEADLINE: '2099-01-01T00:00:00.000Z',
    })
    expect(await read()).not.toContain('hidden-')
  })

  it('leaves its log and its record, and removes the agent’s state', async () => {
    const provider = createProvider()
    const { machineId } = await launch(provider)
    await writeFile(join(directory, 'machines', machineId, 'marker'), '')
    await provider.terminate(machineId)
    await expect.poll(() => state(provider, machineId), WAIT).toBe('terminated')
    await expect(readFile(join(directory, 'machines', machineId, 'agent'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await see(provider, machineId))?.logPath).toContain(machineId)
  })
})
