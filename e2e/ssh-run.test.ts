/** `radix bench run --provider ssh` against a real OpenSSH server on this machine, with the real agent. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Evidence } from '../src/contract/schemas/evidence.ts'
import { explainMissingSshd, startTestSshd, type TestSshd } from '../src/providers/ssh/testing/sshd.ts'
import { expectNothingLeft } from './support/nothing-left.ts'
import { Sandbox } from './support/sandbox.ts'
import { createStandInWorkload, type StandInWorkload } from './support/stand-in-workload.ts'

const QUICK = ['bench', 'run', '--quick', '--steps-per-epoch', '3', '--image-size', '32', '--provider', 'ssh']
const WAIT = { timeout: 60_000, interval: 50 }

describe.skipIf(explainMissingSshd() !== undefined)('radix bench run --provider ssh', () => {
  let sshd: TestSshd
  let sandbox: Sandbox
  let workload: StandInWorkload
  let inventory: string

  beforeAll(async () => {
    sshd = await startTestSshd('gpu-1')
  })
  afterAll(() => sshd?.close())
  beforeEach(async () => {
    sandbox = await Sandbox.createUsed()
    workload = await createStandInWorkload(sandbox.directory, { waits: true })
    inventory = join(sandbox.directory, 'hosts.yaml')
    const { name, address, lease, directory, port, user, ...rest } = sshd.host
    const host = { ...rest, name, address, lease, directory, port, user, python: workload.path, price_per_hour: 3.6 }
    // JSON is YAML.
    await writeFile(inventory, JSON.stringify({ hosts: [{ ...host, labels: { rack: 'a1' } }] }))
  })
  afterEach(() => sandbox.remove())

  const start = (...extra: string[]) => sandbox.radix([...QUICK, '--inventory', inventory, ...extra])
  const runIdOf = (output: string) => /run_[0-9a-z]{26}/.exec(output)?.[0] ?? ''

  /** Neither a process nor a file nor the lease. */
  async function expectHostEmpty(): Promise<void> {
    await expect.poll(() => readdirSync('/proc').filter(isOnHost), WAIT).toEqual([])
    expect(existsSync(sshd.host.directory)).toBe(false)
    expect(lstatSync(sshd.host.lease, { throwIfNoEntry: false })).toBeUndefined()
  }
  function isOnHost(pid: string): boolean {
    if (!/^\d+$/.test(pid)) return false
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
      return (
        environment.includes(sshd.host.directory) || readlinkSync(`/proc/${pid}/cwd`).startsWith(sshd.host.directory)
      )
    } catch {
      return false // it ended
    }
  }

  it('measures, proves the end with the key of the host, and leaves nothing there or here', async () => {
    const running = start('--host', 'gpu-1', '--json')
    await running.waitFor(/trial 1\/1: train/)
    expect(readlinkSync(sshd.host.lease)).toContain('radix,1,run_')
    await workload.release()
    const { exitCode, stdout, stderr } = await running.finished
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({ status: 'succeeded', termination: { state: 'confirmed' }, pending: [] })
    const evidence = Evidence.parse(JSON.parse(await readFile(outcome.evidence_path, 'utf8')))
    expect(evidence.environment.machine).toMatchObject({ provider: 'ssh', region: 'gpu-1' })
    expect(evidence.environment.machine?.host_key).toMatch(/^SHA256:/)
    expect(evidence.cost).toMatchObject({ price_per_hour_usd: 3.6, price_source: expect.stringContaining('inventory') })
    expect(JSON.stringify(evidence.termination)).toContain('the lease is released')
    await expectHostEmpty()
    await expectNothingLeft(sandbox)
  })

  it.each(['with its journal', 'with the inventory alone'])(
    'leaves nothing after SIGKILL and a clean-up %s',
    async (how) => {
      const running = start()
      await running.waitFor(/trial 1\/1: train/)
      running.kill('SIGKILL')
      const runId = runIdOf((await running.finished).stdout)
      expect(existsSync(sshd.host.directory)).toBe(true)
      const sweep = JSON.parse(await sandbox.output(['reap', '--inventory', inventory, '--json']))
      const thing = { leftover: { kind: 'agent', region: 'gpu-1', runId }, decision: 'keep: young' }
      expect(sweep).toMatchObject({ success: true, things: [thing] })
      const isLost = how.includes('alone')
      if (isLost) for (const name of ['runs', 'machines']) await rm(join(sandbox.dataDir, name), { recursive: true })
      const flags = isLost ? ['--provider', 'ssh', '--inventory', inventory] : []
      const cleanup = await sandbox.run(['bench', 'cleanup', runId, '--json', ...flags])
      expect(cleanup.exitCode, cleanup.stderr).toBe(0)
      expect(JSON.parse(cleanup.stdout)).toMatchObject({ pending: [], termination: { confirmed: true } })
      await expectHostEmpty()
      await expectNothingLeft(sandbox)
    },
  )

  it('goes on after SIGKILL: the agent finds the control plane by the same tunnel', async () => {
    const running = start()
    await running.waitFor(/trial 1\/1: train/)
    running.kill('SIGKILL')
    const runId = runIdOf((await running.finished).stdout)
    const resumed = sandbox.radix(['bench', 'resume', runId, '--json'])
    await workload.release()
    const { exitCode, stdout, stderr } = await resumed.finished
    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', termination: { confirmed: true } })
    await expectHostEmpty()
    await expectNothingLeft(sandbox)
  })

  it('says before it starts what a host lacks, and which inventory is wrong', async () => {
    const refused = await sandbox.run([
      ...QUICK.slice(0, 2),
      '--provider',
      'ssh',
      '--inventory',
      inventory,
      '--dry-run',
    ])
    expect(refused.exitCode).toBe(2)
    expect(refused.stdout + refused.stderr).toContain('nvidia-smi -L')
    await writeFile(inventory, 'hosts:\n  - name: gpu 1\n')
    const invalid = await start().finished
    expect(invalid.exitCode).toBe(2)
    expect(invalid.stderr).toContain('hosts.0.name')
    const absent = await sandbox.run(QUICK)
    expect(absent.exitCode).toBe(2)
    expect(absent.stderr).toContain('--inventory')
    await expectHostEmpty()
  })
})
