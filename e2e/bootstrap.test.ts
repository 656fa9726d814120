/**
 * The user data of a machine, run by bash. Its paths lead into a sandbox. The programs that power off the machine and
 * fetch the secret are stand-ins; Docker engine, agent image, control plane and training are real.
 */
import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseBootPhases } from '../src/providers/ec2/diagnostics.ts'
import { renderUserData, type UserDataOptions } from '../src/providers/ec2/user-data.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { findOrStartEngine } from './support/docker-engine.ts'
import { importAgentImage, importImage } from './support/docker-images.ts'
import { Sandbox } from './support/sandbox.ts'

const WAIT = { timeout: 60_000, interval: 100 }
const TAG = randomUUID().slice(0, 8)
const AGENT_IMAGE = `radix-agent-test:${TAG}`
const WORKLOAD_IMAGE = `radix-resnet50-test:${TAG}`
const PARAMS = { allow_cpu: true, batch_size: 2, steps_per_epoch: 1, warmup_steps: 0, image_size: 32 }
/** Stands in for Python, and answers as the training would. */
const STAND_IN = `#!/bin/sh
trap 'exit 143' TERM
case " $* " in *" --seed 1 "*) while :; do sleep 0.1; done ;; esac
while [ "$1" != --result ]; do shift; done
echo '{"schema":"radix.result/v2","status":"succeeded","workload":{"name":"resnet50","version":"1"},"recipe":"reference",
"parameters":{},"throughput":{"value":12.5,"unit":"images/s"},"duration_seconds":1.5,"timed_seconds":1.2,"work":{"amount":16,"unit":"images"},
"step_seconds":[0.3],"warmup":{"steps":0,"seconds":0},"loss":{"first":7,"last":6.9,"finite":true},
"device":{"type":"cpu","name":"stand-in"},"software":{"python":"3","pytorch":"2"},"precision":{}}' >"$2"
`

const engine = await findOrStartEngine()
// The agent gets the machine's own programs. Only root may give folders to the agent's user.
const canBoot = engine !== undefined && process.getuid?.() === 0
const pythonHasTorch = spawnSync('/usr/bin/python3', ['-c', 'import torch']).status === 0

describe.skipIf(!canBoot)('a machine that boots', () => {
  let controlPlaneSandbox: Sandbox
  let controlPlane: ControlPlane
  let sandbox: Sandbox
  let clusterId: string
  let token: string

  beforeAll(async () => {
    controlPlaneSandbox = await Sandbox.create()
    controlPlane = await startControlPlane(controlPlaneSandbox)
    if (!engine) return
    await importAgentImage(engine, AGENT_IMAGE)
    await importImage(engine, WORKLOAD_IMAGE, { 'bin/python3': STAND_IN })
  })
  afterAll(async () => {
    await stopControlPlane(controlPlane)
    await controlPlaneSandbox.remove()
    engine?.docker(['image', 'rm', '--force', AGENT_IMAGE, WORKLOAD_IMAGE])
    await engine?.stop()
  })

  beforeEach(async () => {
    sandbox = await Sandbox.create()
    const body = { name: 'e2e', type: 'docker_host' as const }
    clusterId = (await controlPlane.client.call('createCluster', { body })).cluster_id
    const params = { cluster_id: clusterId }
    token = (await controlPlane.client.call('createOnboardingToken', { params })).one_time_token
    await mkdir(join(sandbox.directory, 'bin'))
    await mkdir(join(sandbox.directory, 'run'), { mode: 0o711 })
    for (const program of ['systemd-run', 'systemctl', 'shutdown', 'poweroff']) {
      await standIn(program, `echo "${program} $*" >>${join(sandbox.directory, 'calls')}`)
    }
    await standIn('aws', `echo ${token}`)
    await standIn('sleep', ':')
  })
  afterEach(async () => {
    engine?.docker(['rm', '--force', 'radix-agent'])
    await sandbox.remove()
  })

  async function standIn(program: string, script: string): Promise<void> {
    const path = join(sandbox.directory, 'bin', program)
    await writeFile(path, `#!/bin/sh\n${script}\n`)
    await chmod(path, 0o755)
  }

  const console = () => readFile(join(sandbox.directory, 'console'), 'utf8').catch(() => '')
  const calls = async () => (await readFile(join(sandbox.directory, 'calls'), 'utf8')).trim().split('\n')
  const phases = async () => parseBootPhases(await console()).map(({ phase }) => phase)

  async function readInstallScript(): Promise<UserDataOptions['agent']> {
    const { install_script } = await controlPlane.client.call('getAgentManifest', {})
    return { installSha256: install_script.sha256 }
  }

  /** The process that runs the agent's own Node. */
  async function findAgent(): Promise<number> {
    const found = (await sandbox.processes()).find(({ command }) =>
      command.startsWith(join(sandbox.directory, 'state')),
    )
    return found?.pid ?? 0
  }

  /** Answers with everything that cloud-init would keep, once the machine has powered itself off. */
  function boot(
    options: Partial<UserDataOptions> = {},
    { editUserData = (script: string) => script } = {},
  ): Promise<string> {
    const script = renderUserData({
      apiBase: controlPlane.url,
      clusterId,
      runId: 'run_1',
      machineId: 'mch_1',
      deadlineAt: new Date(Date.now() + 600_000),
      region: 'us-west-2',
      onboardingParameterName: '/radix/runs/run_1/onboarding-token',
      agent: { image: AGENT_IMAGE },
      workloadImage: null,
      ...options,
    })
    const inSandbox = editUserData(script)
      .replaceAll('/run/radix', join(sandbox.directory, 'run', 'radix'))
      .replaceAll('/var/lib/radix-agent', join(sandbox.directory, 'state'))
      .replaceAll('/var/log/radix-agent.log', join(sandbox.directory, 'agent.log'))
      // Where systemd runs, the stand-in for it has no scopes.
      .replaceAll('/run/systemd/system', join(sandbox.directory, 'no-systemd'))
      .replaceAll('>/dev/console', `>>${join(sandbox.directory, 'console')}`)
      .replace('/var/run/docker.sock:', `${engine?.socketPath}:`)
      .replace('%g /var/run/docker.sock', `%g ${engine?.socketPath}`)
      // The control plane is on this host's loopback.
      .replace('--network bridge', '--network host')
    const env = {
      PATH: `${join(sandbox.directory, 'bin')}:${process.env.PATH}`,
      DOCKER_HOST: `unix://${engine?.socketPath}`,
      E2E_SANDBOX: sandbox.directory,
    }
    const child = spawn('bash', ['-c', inSandbox], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    }
    return new Promise((resolve) => child.once('close', () => resolve(output)))
  }

  /** Fails at once if the machine powers off before the job has ended. */
  async function runJob(booted: Promise<string>, options: { seed?: number; timeout_seconds?: number } = {}) {
    const params = { cluster_id: clusterId }
    const { seed = 0, ...bounds } = options
    const body = { job_kind: 'resnet50_benchmark' as const, params: { ...PARAMS, seed }, ...bounds }
    const { job_id } = await controlPlane.client.call('launchJob', { params, body })
    const read = () => controlPlane.client.call('getJob', { params: { ...params, job_id } })
    let failure: string | undefined
    booted.then((log) => {
      failure = `it powered off:\n${log}`
    })
    await expect.poll(async () => failure ?? (await read()).finished_at, WAIT).not.toBeNull()
    expect(failure).toBeUndefined()
    return read()
  }

  async function expectPoweredOff(log: string, lastPhase: 'ended' | 'failed'): Promise<void> {
    expect((await phases()).at(-1)).toBe(lastPhase)
    expect((await calls()).at(-1)).toBe('systemctl poweroff')
    expect(log).not.toContain(token)
    expect(await console()).not.toContain(token)
  }

  it('arms its timer, onboards, runs a job in a container of the workload image, and powers off with its agent', async () => {
    const booted = boot({ workloadImage: WORKLOAD_IMAGE })
    const job = await runJob(booted)
    expect(job).toMatchObject({ status: 'succeeded', error_message: null })
    const id = engine?.docker(['image', 'inspect', '--format', '{{.Id}}', WORKLOAD_IMAGE]).trim()
    expect(job.output_payload?.software).toMatchObject({ pytorch: '2', image: WORKLOAD_IMAGE, image_digest: id })
    const [agent] = JSON.parse(engine?.docker(['inspect', 'radix-agent']) ?? '[]')
    expect(agent.Config).toMatchObject({ User: '10001:10001', Labels: { 'radix.run-id': 'run_1' } })
    expect(agent.HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], Privileged: false })
    expect(JSON.stringify(agent)).not.toContain(token)
    // The token is used, and the machine no longer holds it.
    expect(await readdir(join(sandbox.directory, 'run', 'radix'))).toEqual([])

    const endless = await runJob(booted, { seed: 1, timeout_seconds: 1 })
    expect(endless).toMatchObject({ status: 'failed', error_code: 'WORKLOAD_TIMED_OUT' })
    expect(engine?.docker(['ps', '--all', '--quiet', '--filter', 'label=radix.job-id'])).toBe('')

    await controlPlane.client.call('archiveCluster', { params: { cluster_id: clusterId } })
    const log = await booted
    await expectPoweredOff(log, 'ended')
    expect((await calls())[0]).toMatch(
      /^systemd-run --unit=radix-dead-man --on-calendar=\d{4}-.* UTC .* systemctl poweroff$/,
    )
    const expected = ['armed', 'pulling', 'secret-fetched', 'agent-image-ready', 'agent-started', 'ended']
    expect((await phases()).filter((phase) => phase !== 'workload-image-ready')).toEqual(expected)
  })

  it.skipIf(!pythonHasTorch)(
    'gets the agent from the control plane where no image is named, and needs no Docker',
    async () => {
      await standIn('docker', `echo "docker $*" >>${join(sandbox.directory, 'calls')}; exit 1`)
      const booted = boot({ agent: await readInstallScript() })
      const job = await runJob(booted)
      expect(job).toMatchObject({ status: 'succeeded', error_message: null })
      const pid = await findAgent()
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      expect(status).toMatch(/^Uid:\t10001\t10001\t10001\t10001$/m)
      expect(status).toMatch(/^NoNewPrivs:\t1$/m)
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
      expect(environment).toContain('RADIX_RUN_ID=run_1\0')
      expect(environment).not.toContain(token)
      expect(await readdir(join(sandbox.directory, 'run', 'radix'))).toEqual([])
      await controlPlane.client.call('archiveCluster', { params: { cluster_id: clusterId } })
      await expectPoweredOff(await booted, 'ended')
      const expected = [
        'armed',
        'python-found',
        'downloading',
        'secret-fetched',
        'agent-installed',
        'agent-started',
        'ended',
      ]
      expect(await phases()).toEqual(expected)
      expect((await calls()).filter((call) => call.startsWith('docker'))).toEqual([])
    },
  )

  it.skipIf(!pythonHasTorch)(
    'gives up when the control plane hands out another script than the run knows',
    async () => {
      await expectPoweredOff(await boot({ agent: { installSha256: '0'.repeat(64) } }), 'failed')
      expect(await console()).toMatch(/the agent cannot be installed: .*another install\.sh/)
    },
  )

  it('gives up at once when neither the machine nor an image has PyTorch', async () => {
    const withoutPyTorch = { editUserData: (script: string) => script.replaceAll('python3; do', 'no-python; do') }
    await expectPoweredOff(await boot({ agent: await readInstallScript() }, withoutPyTorch), 'failed')
    expect(await phases()).toEqual(['armed', 'failed'])
    expect(await console()).toContain('this AMI has no PyTorch')
  })

  it.skipIf(!pythonHasTorch)("trains in the machine's own PyTorch without a workload image", async () => {
    const booted = boot()
    const job = await runJob(booted)
    expect(job).toMatchObject({ status: 'succeeded', error_message: null })
    expect(await phases()).toContain('python-found')
    await controlPlane.client.call('archiveCluster', { params: { cluster_id: clusterId } })
    await expectPoweredOff(await booted, 'ended')
  })

  it.skipIf(!pythonHasTorch)('copies driver errors to where an agent without root can read them', async () => {
    await standIn('nvidia-smi', ':')
    const end = join(sandbox.directory, 'dmesg-ends')
    const follow = `while [ ! -e ${end} ]; do /bin/sleep 0.1; done`
    const lines = 'echo "[1.5] usb 1-1: new device"; echo "[2.5] NVRM: Xid (PCI:0000:00:1E): 79, pid=1"'
    await standIn('dmesg', `${lines}; [ "$1" != --follow ] || ${follow}`)
    const booted = boot()
    await expect.poll(phases, WAIT).toContain('agent-started')
    const log = join(sandbox.directory, 'run', 'radix', 'kernel-log')
    expect(await readFile(log, 'utf8')).toBe('[2.5] NVRM: Xid (PCI:0000:00:1E): 79, pid=1\n')
    expect((await stat(log)).mode & 0o777).toBe(0o644)
    await writeFile(end, '')
    await expect.poll(() => existsSync(log), WAIT).toBe(false)
    const [agent] = JSON.parse(engine?.docker(['inspect', 'radix-agent']) ?? '[]')
    expect(agent.Config.Env).toContain(`RADIX_KERNEL_LOG=${log}`)
    await controlPlane.client.call('archiveCluster', { params: { cluster_id: clusterId } })
    await expectPoweredOff(await booted, 'ended')
  })

  it('powers off when its deadline has already passed', async () => {
    await expectPoweredOff(await boot({ deadlineAt: new Date(Date.now() - 1000) }), 'failed')
  })

  it('powers off when the token cannot be read, and says why', async () => {
    await standIn('aws', 'echo "AccessDeniedException: not you" >&2; exit 254')
    await expectPoweredOff(await boot(), 'failed')
    expect(await console()).toContain('AccessDeniedException: not you')
  })

  it('powers off when its agent image cannot be pulled', async () => {
    await expectPoweredOff(
      await boot({ agent: { image: '127.0.0.1:1/radix-agent:1' }, workloadImage: WORKLOAD_IMAGE }),
      'failed',
    )
    expect(await console()).toContain('the agent image cannot be pulled')
  })

  it('arms the timer with `shutdown` where systemd is missing', async () => {
    await standIn('systemd-run', 'exit 1')
    await standIn('aws', 'exit 1')
    await boot({ deadlineAt: new Date(Date.now() + 605_000) })
    expect((await calls())[0]).toBe('shutdown -P +10')
  })
})
