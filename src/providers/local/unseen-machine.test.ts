/** A machine on a host whose process table cannot be read: it never counts as terminated. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { newId } from '../../core/ids.ts'
import { unknown } from '../../core/lookup.ts'
import { findBrandedProcesses, findMarkedProcesses, signalProcess } from '../../system/process-table.ts'
import { NO_CHOICE } from '../provider.ts'
import { createLocalProvider } from './local-provider.ts'
import { MACHINE_MARK } from './start-agent.ts'

vi.mock(import('../../system/process-table.ts'), { spy: true })

let directory: string
let machineId: string
let provider: ReturnType<typeof createLocalProvider>
const runId = newId('run')

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-unseen-'))
  await writeFile(join(directory, 'agent.mjs'), 'setTimeout(() => {}, 600_000)')
  const agentCommand = [process.execPath, join(directory, 'agent.mjs')] as const
  provider = createLocalProvider({ directory: join(directory, 'machines'), agentCommand })
  const request = { placement: NO_CHOICE, runId, clientToken: newId('m'), clusterId: 'cl_1', clusterName: 'test' }
  const onboardingTokenReference = await provider.storeSecret(runId, 'onboarding-token', 'a secret')
  const rest = { apiBase: 'http://127.0.0.1:9', onboardingTokenReference, deadlineAt: new Date('2099-01-01T00:00:00Z') }
  machineId = (await provider.launch({ ...request, ...rest }, new AbortController().signal)).machineId
})
afterEach(async () => {
  vi.mocked(findMarkedProcesses).mockReset()
  vi.mocked(findBrandedProcesses).mockReset()
  for (const process of processes()) signalProcess(process, 'SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

function processes() {
  const look = findMarkedProcesses([MACHINE_MARK])
  return look.outcome === 'found' ? look.value.filter(({ markers }) => markers[MACHINE_MARK] === machineId) : []
}

/** The whole record of the machine. */
async function readRecords(): Promise<string> {
  const root = join(directory, 'machines')
  const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.json'))
  return (await Promise.all(names.map((name) => readFile(join(root, name), 'utf8')))).join('\n')
}

it('is unknown while the table cannot be read, and ends only once it can', async () => {
  vi.mocked(findMarkedProcesses).mockReturnValue(unknown('ps failed') as never)
  expect(await provider.describe(machineId)).toMatchObject({
    outcome: 'unknown',
    reason: expect.stringContaining('ps'),
  })
  await expect(provider.findByRun(runId)).rejects.toMatchObject({ code: 'PROCESS_TABLE_UNREADABLE' })
  await expect(provider.terminate(machineId)).rejects.toMatchObject({ code: 'PROCESS_TABLE_UNREADABLE' })
  expect(await readRecords()).toContain('"terminatedAt":null')
  vi.mocked(findMarkedProcesses).mockReset()
  expect(await provider.describe(machineId)).toMatchObject({ outcome: 'found', value: { state: 'running' } })
  await provider.terminate(machineId)
  const state = async () => {
    const seen = await provider.describe(machineId)
    return seen.outcome === 'found' ? seen.value.state : seen.outcome
  }
  await expect.poll(state, { timeout: 20_000, interval: 20 }).toBe('terminated')
})

it('is unknown when the table can be read only once', async () => {
  vi.mocked(findBrandedProcesses).mockReturnValue({ outcome: 'found', value: [] })
  vi.mocked(findMarkedProcesses)
    .mockReturnValueOnce({ outcome: 'found', value: [] })
    .mockReturnValue(unknown('ps failed') as never)
  expect((await provider.describe(machineId)).outcome).toBe('unknown')
  expect(await readRecords()).toContain('"terminatedAt":null')
})
