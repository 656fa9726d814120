/** `radix bench …` as a user runs it: real control plane, real agent, and PyTorch where the training matters. */
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Evidence } from '../src/contract/schemas/evidence.ts'
import { renderJobSummary } from '../src/evidence/render-job-summary.ts'
import { STEP_NAMES } from '../src/harness/step-names.ts'
import { startControlPlane } from './support/control-plane.ts'
import { STEPS_TO_STOP_AT } from './support/full-run.ts'
import { expectNothingLeft } from './support/nothing-left.ts'
import { isRadix, OWN_COMPILE_CACHE, type Running, Sandbox } from './support/sandbox.ts'
import { createStandInWorkload, type StandInWorkload, WORKLOAD_RESULT } from './support/stand-in-workload.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await Sandbox.createUsed()
})
afterEach(() => sandbox.remove())

const QUICK = ['bench', 'run', '--quick', '--steps-per-epoch', '3', '--image-size', '32']

describe('radix bench run, with PyTorch', () => {
  it('trains, and leaves evidence and nothing else', async () => {
    const { exitCode, stdout, stderr } = await sandbox.run([...QUICK, '--json', '--trials', '2', '--run-number', '7'])
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({
      status: 'succeeded',
      verdict: { level: 'suspect' },
      termination: { confirmed: true, state: 'confirmed' },
      pending: [],
      error: null,
    })
    expect(outcome.throughput).toEqual({ value: expect.any(Number), unit: 'images/s' })
    expect(outcome.duration_seconds).toBeGreaterThan(0)
    expect(outcome.phases.map(({ name, status }: Record<string, string>) => `${name} ${status}`)).toEqual(
      STEP_NAMES.map((name) => `${name} succeeded`),
    )
    expect(outcome.evidence_path).toBe(join(sandbox.directory, 'benchmark-evidence-local-7', 'evidence.json'))
    const path = outcome.evidence_path
    const evidence = Evidence.parse(JSON.parse(await readFile(path, 'utf8')))
    expect(evidence.run_id).toBe(outcome.run_id)
    expect(evidence.results.throughput?.mean).toBe(outcome.throughput.value)
    expect(await readFile(join(dirname(path), 'evidence.md'), 'utf8')).toContain(outcome.run_id)
    await expectSignature(path, outcome.run_id)
    await sandbox.expectNoProcesses()
    await expectNothingLeft(sandbox)
  })

  it('measures the workload that was chosen, in its own unit', async () => {
    const { exitCode, stdout, stderr } = await sandbox.run(['bench', 'run', '--workload', 'gemm', '--quick', '--json'])
    expect(exitCode, stderr).toBe(0)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({ status: 'succeeded', throughput: { unit: 'FLOP/s' }, pending: [] })
    const evidence = Evidence.parse(JSON.parse(await readFile(outcome.evidence_path, 'utf8')))
    expect(evidence.request).toMatchObject({ job_kind: 'gemm_benchmark', parameters: { size: 512, dtype: 'fp32' } })
    expect(evidence.results.trials[0]?.result?.work).toEqual({ amount: 40 * 2 * 512 ** 3, unit: 'FLOP' })
    const summary = renderJobSummary(evidence)
    expect(summary).toMatch(/^\| Throughput \| \*\*[\d.]+ [MGT]FLOP\/s\*\* \|$/m)
    expect(summary).toContain('| Number Format | fp32 |')
    expect(evidence.reproduce.command).toContain('--workload gemm')
  })

  /** As a reader on another machine verifies it: with the file and the key that they received. */
  async function expectSignature(path: string, runId: string): Promise<void> {
    const keyPath = join(sandbox.directory, 'laboratory.pem')
    await writeFile(keyPath, await sandbox.output(['evidence', 'key']))
    const verify = (...argv: string[]) =>
      sandbox.run(['evidence', 'verify', ...argv], { RADIX_DATA_DIR: join(sandbox.directory, 'elsewhere') })
    expect(await sandbox.output(['evidence', 'verify', runId, '--key', keyPath])).toContain(runId)
    expect(await verify(dirname(path), '--key', keyPath)).toMatchObject({ exitCode: 0, stderr: '' })
    const text = await readFile(path, 'utf8')
    const { mean } = JSON.parse(text).results.throughput
    const copy = join(sandbox.directory, 'copy.json')
    await writeFile(copy, text.replaceAll(String(mean), String(mean + 1)))
    const changed = await verify(copy, '--json')
    expect(changed.exitCode).toBe(1)
    expect(changed.stderr).toContain('EVIDENCE_CHANGED')
    expect(JSON.parse(changed.stdout)).toMatchObject({ state: 'changed' })
  }

  it('explains that a batch does not fit in memory, and cleans up', async () => {
    const { exitCode, stdout } = await sandbox.run([
      'bench', 'run', '--json', '--allow-cpu', '--batch-size', '65536', '--image-size', '1024',
    ]) // biome-ignore format: one option after the other
    expect(exitCode).toBe(1)
    const outcome = JSON.parse(stdout)
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'WORKLOAD_OUT_OF_MEMORY' }, pending: [] })
    expect(outcome.error.fix).toContain('--batch-size')
    const evidence = JSON.parse(await readFile(outcome.evidence_path, 'utf8'))
    expect(evidence.verdict.level).toBe('invalid')
    await expectNothingLeft(sandbox)
  })
})

describe('radix bench run', () => {
  let workload: StandInWorkload
  let env: Record<string, string>
  beforeEach(async () => {
    workload = await createStandInWorkload(sandbox.directory, { waits: true })
    env = { RADIX_PYTHON: workload.path }
  })

  const start = (...extra: string[]): Running => sandbox.radix([...QUICK, ...extra], env)
  const runIdOf = (output: string) => /run_[0-9a-z]{26}/.exec(output)?.[0] ?? ''

  it('prints plain lines to a pipe, with live progress', async () => {
    const running = sandbox.radix(QUICK, { ...env, ...OWN_COMPILE_CACHE })
    await running.waitFor(/trial 1\/1: train · step \d+\/4|trial 1\/1: train, step \d+\/4/)
    await workload.release()
    const { exitCode, stdout, stderr } = await running.finished
    expect(exitCode).toBe(0)
    expect(stderr).toBe('')
    for (const name of STEP_NAMES) expect(stdout).toContain(`${name}: succeeded`)
    expect(stdout).toContain('12.5 images/s')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
    expect(stdout).not.toMatch(/\x1b/)
    const runId = runIdOf(stdout)
    expect(await sandbox.output(['bench', 'list'])).toContain(runId)
    expect(await sandbox.output(['bench', 'show', runId])).toContain('termination confirmed')
    expect(existsSync(join(sandbox.dataDir, 'compile-cache'))).toBe(true)
  })

  it.each(STEPS_TO_STOP_AT)('leaves nothing after a SIGKILL at step %s and a clean-up', async (step) => {
    const running = start()
    if (STEP_NAMES.indexOf(step) > STEP_NAMES.indexOf('run-trials')) await workload.release()
    await running.waitFor(new RegExp(`${step}: started`))
    running.kill('SIGKILL')
    const { stdout } = await running.finished
    const cleanup = await sandbox.run(['bench', 'cleanup', runIdOf(stdout), '--json'], env)
    expect(cleanup.exitCode, cleanup.stderr).toBe(0)
    expect(JSON.parse(cleanup.stdout)).toMatchObject({ pending: [], termination: { confirmed: true } })
    await expectNothingLeft(sandbox)
  })

  it('continues with the same job when it is resumed after a SIGKILL', async () => {
    const running = start()
    await running.waitFor(/trial 1\/1: train/)
    running.kill('SIGKILL')
    const { stdout } = await running.finished
    const shown = await sandbox.run(['bench', 'show', runIdOf(stdout)])
    expect(shown.stdout).toMatch(/run-trials +interrupted/)
    expect(shown.stdout).toContain(`Run ${runIdOf(stdout)} interrupted`)
    expect(shown.stderr).toContain('No process is working on it')
    expect(await sandbox.output(['bench', 'list'])).toMatch(/interrupted/)
    await workload.release()
    const resumed = await sandbox.run(['bench', 'resume', runIdOf(stdout), '--json'], env)
    expect(resumed.exitCode, resumed.stderr).toBe(0)
    expect(JSON.parse(resumed.stdout)).toMatchObject({
      status: 'succeeded',
      throughput: { value: 12.5, unit: 'images/s' },
    })
    expect(await workload.startCount()).toBe(1)
    await expectNothingLeft(sandbox)
  })

  it.each(['authenticate', 'run-trials'])('starts at once after another run was killed at %s', async (step) => {
    const killed = start()
    await killed.waitFor(new RegExp(`${step}: started`))
    killed.kill('SIGKILL')
    await workload.release()
    const next = await start('--json').finished
    expect(next.exitCode, next.stderr).toBe(0)
    const cleanup = await sandbox.run(['bench', 'cleanup', runIdOf((await killed.finished).stdout)], env)
    expect(cleanup.exitCode, cleanup.stderr).toBe(0)
    await expectNothingLeft(sandbox)
  })

  const killProcess = (isMeant: (command: string) => boolean) => {
    const found = sandbox.processes().find(({ command }) => isMeant(command))
    if (!found) throw new Error('no process is it')
    process.kill(found.pid, 'SIGKILL')
  }

  it.each([
    ['control plane', (command: string) => isRadix(command, 'server')],
    ['database', (command: string) => command.includes('bin/postgres -D')],
  ])('continues when its %s is killed, and restarts it at once', async (_, isMeant) => {
    const running = start('--json')
    await running.waitFor(/trial 1\/1: train/)
    killProcess(isMeant)
    await workload.release()
    const { exitCode, stdout, stderr } = await running.finished
    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'succeeded',
      throughput: { value: 12.5, unit: 'images/s' },
      pending: [],
    })
    expect(await workload.startCount()).toBe(1)
    await expectNothingLeft(sandbox)
  })

  it('is cleaned up without a control plane, and the next clean-up records it there', async () => {
    const running = start()
    await running.waitFor(/trial 1\/1: train/)
    running.kill('SIGKILL')
    const runId = runIdOf((await running.finished).stdout)
    const versionPath = join(sandbox.dataDir, 'postgres', 'PG_VERSION')
    const version = await readFile(versionPath, 'utf8')
    await writeFile(versionPath, '9\n')
    const first = await sandbox.run(['bench', 'cleanup', runId, '--json'], env)
    expect(first.exitCode, first.stderr).toBe(1)
    const outcome = JSON.parse(first.stdout)
    expect(outcome.termination).toMatchObject({ confirmed: true, state: 'confirmed' })
    expect(outcome.pending.map(({ step }: { step: string }) => step)).toContain('create-cluster')
    expect(JSON.stringify(outcome.pending)).toContain('incompatible')
    await sandbox.expectNoProcesses()
    await writeFile(versionPath, version)
    const second = await sandbox.run(['bench', 'cleanup', runId, '--json'], env)
    expect(second.exitCode, second.stderr).toBe(0)
    await expectNothingLeft(sandbox)
  })

  it.each([
    ['ends', 'SIGINT'],
    ['is killed', 'SIGKILL'],
  ] as const)('continues when the run whose control plane it uses %s', async (_, signal) => {
    const first = start()
    await first.waitFor(/trial 1\/1: train/)
    const second = start('--json')
    await second.waitFor(/trial 1\/1: train/)
    const servers = () => sandbox.processes().filter(({ command }) => isRadix(command, 'server'))
    expect(servers()).toHaveLength(1)
    first.kill(signal)
    const { exitCode, stdout } = await first.finished
    expect(exitCode).toBe(signal === 'SIGINT' ? 130 : null)
    await workload.release()
    const { exitCode: exitCodeOfSecond, stderr } = await second.finished
    expect(exitCodeOfSecond, stderr).toBe(0)
    if (signal === 'SIGKILL') await sandbox.output(['bench', 'cleanup', runIdOf(stdout)], env)
    await expectNothingLeft(sandbox)
  })

  it('reports an unreadable data directory, and never an empty list of runs', async () => {
    const file = join(sandbox.directory, 'a-file')
    await writeFile(file, '')
    const started = await start('--data-dir', join(file, 'below')).finished
    expect(started.exitCode).toBe(2)
    expect(started.stderr).toContain('DATA_DIRECTORY_UNUSABLE')
    await rm(join(sandbox.dataDir, 'runs'), { recursive: true, force: true })
    await writeFile(join(sandbox.dataDir, 'runs'), '')
    const listed = await sandbox.run(['bench', 'list'])
    expect(listed.exitCode).toBe(2)
    expect(listed.stderr).toContain('DATA_DIRECTORY_UNUSABLE')
    expect(listed.stdout + listed.stderr).not.toContain('No runs')
  })

  it('stops at Ctrl-C: cancels the job, cleans up, and says so', async () => {
    const running = start()
    await running.waitFor(/trial 1\/1: train/)
    running.kill('SIGINT')
    const { exitCode, stdout } = await running.finished
    expect(exitCode).toBe(130)
    expect(stdout).toContain('Stopping: everything that was started is being cleaned up.')
    expect(stdout).toContain('RUN_CANCELLED')
    await expectNothingLeft(sandbox)
  })

  it('exits at once at a second Ctrl-C, and names the command that finishes the clean-up', async () => {
    const server = await startControlPlane(sandbox)
    const running = start()
    await running.waitFor(/trial 1\/1: train/)
    // The clean-up takes long while the control plane does not answer.
    server.server.kill('SIGSTOP')
    running.kill('SIGINT')
    await running.waitFor(/Stopping/)
    // Signals right after the first count as the same key press.
    const presses = setInterval(() => running.kill('SIGINT'), 100)
    const { exitCode, stdout, stderr } = await running.finished.finally(() => clearInterval(presses))
    server.server.kill('SIGCONT')
    expect(exitCode).toBe(130)
    const [, command = ''] = /Exited at once\. Finish the clean-up: \S*radix (.*)/.exec(stderr) ?? []
    expect(command).toBe(`bench cleanup ${runIdOf(stdout)}`)
    expect((await sandbox.run(command.split(' '), env)).exitCode).toBe(0)
    server.server.kill('SIGTERM')
    await server.server.finished
    await expectNothingLeft(sandbox)
  })

  it('finishes when its output is no longer read', async () => {
    const running = start()
    await running.waitFor(/launch-machine: started/)
    running.child.stdout?.destroy()
    running.child.stderr?.destroy()
    await workload.release()
    expect((await running.finished).exitCode).toBe(0)
    await expectNothingLeft(sandbox)
  })

  it('ends at its time to live', async () => {
    const { exitCode, stdout } = await start('--ttl-minutes', '0.1', '--json').finished
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      error: { code: 'JOB_NOT_COMPLETED_IN_TIME' },
      termination: { confirmed: true },
    })
    await expectNothingLeft(sandbox)
  })

  it('stops after a cancel request to the control plane', async () => {
    const { client, server } = await startControlPlane(sandbox)
    const running = start('--json')
    await running.waitFor(/trial 1\/1: train/)
    const runId = runIdOf(running.output())
    await client.call('cancelRun', { params: { run_id: runId } })
    const { exitCode, stdout } = await running.finished
    expect(exitCode).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'cancelled', error: { code: 'RUN_CANCELLED' } })
    server.kill('SIGTERM')
    await server.finished
    await expectNothingLeft(sandbox)
  })

  it('fails with the machine’s log when its machine is killed, and cleans up', async () => {
    const running = start('--json')
    await running.waitFor(/trial 1\/1: train/)
    for (const { pid, command } of sandbox.processes()) {
      if (isRadix(command, 'agent') || command.includes('stand-in')) process.kill(pid, 'SIGKILL')
    }
    const { exitCode, stdout, stderr } = await running.finished
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', error: { code: 'JOB_LOST' }, pending: [] })
    expect(stderr).toContain("The last lines of the machine's log")
    await expectNothingLeft(sandbox)
  })

  it('refuses a malformed result', async () => {
    const result = { ...WORKLOAD_RESULT, throughput: { value: 'many', unit: 'images/s' } }
    await createStandInWorkload(sandbox.directory, { waits: false, result })
    const { exitCode, stdout } = await start('--json').finished
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', error: { code: 'JOB_RESULT_INVALID' }, pending: [] })
    await expectNothingLeft(sandbox)
  })

  it('uses an existing cluster, and keeps it', async () => {
    const { client, url, server } = await startControlPlane(sandbox)
    const { cluster_id } = await client.call('createCluster', { body: { name: 'mine', type: 'local' } })
    const params = { cluster_id }
    const { one_time_token } = await client.call('createOnboardingToken', { params })
    const agent = sandbox.radix(['agent', '--api-base', url, '--cluster-id', cluster_id], {
      ...env,
      RADIX_ONBOARDING_TOKEN: one_time_token,
    })
    const readStatus = async () => (await client.call('getCluster', { params })).status
    await expect.poll(readStatus, { timeout: 60_000, interval: 50 }).toBe('active')
    await workload.release()
    const { exitCode, stdout, stderr } = await start('--provider', 'existing', '--cluster-name', 'mine', '--json')
      .finished
    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', termination: { state: 'not_needed' } })
    expect((await client.call('getCluster', { params })).status).toBe('active')
    expect(existsSync(join(sandbox.dataDir, 'machines'))).toBe(false)
    for (const running of [agent, server]) {
      running.kill('SIGTERM')
      await running.finished
    }
    await sandbox.expectNoProcesses()
  })

  it('is cleaned up with only its id when the journal is lost', async () => {
    const running = start()
    await running.waitFor(/trial 1\/1: train/)
    running.kill('SIGKILL')
    const runId = runIdOf((await running.finished).stdout)
    await rm(join(sandbox.dataDir, 'runs', runId), { recursive: true })
    expect((await sandbox.run(['bench', 'cleanup', runId])).exitCode).toBe(2)
    const cleanup = await sandbox.run(['bench', 'cleanup', runId, '--provider', 'local'])
    expect(cleanup.exitCode, cleanup.stderr).toBe(0)
    await expectNothingLeft(sandbox)
  })

  it('with --dry-run checks everything and starts nothing', async () => {
    const { exitCode, stdout } = await start('--dry-run', '--json').finished
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ dry_run: true, may_start: true, plan: STEP_NAMES, findings: [] })
    const refused = await sandbox.run(['bench', 'run', '--dry-run', '--json', '--provider', 'existing'], env)
    expect(refused.exitCode).toBe(2)
    expect(JSON.parse(refused.stdout)).toMatchObject({ may_start: false, findings: [{ code: 'NOT_FOUND' }] })
    expect(await sandbox.output(['bench', 'list', '--json'])).toBe('[]')
    await sandbox.expectNoProcesses()
  })
})

describe('radix start', () => {
  it.each(['on a data directory that is used', 'on a new data directory'])(
    'succeeds twice at the same moment %s',
    async (where) => {
      if (where.includes('new')) await rm(sandbox.dataDir, { recursive: true })
      const { path } = await createStandInWorkload(sandbox.directory, { waits: false })
      const folders = ['first', 'second'].map((name) => join(sandbox.directory, name))
      const starts = folders.map((folder) =>
        sandbox.radix(['start', '--no-stay', '--output-dir', folder], { RADIX_PYTHON: path }),
      )
      for (const { finished } of starts) {
        const { exitCode, stdout, stderr } = await finished
        expect(exitCode, stdout + stderr).toBe(0)
      }
      for (const folder of folders) {
        const [evidence = ''] = await readdir(folder)
        const text = await readFile(join(folder, evidence, 'evidence.json'), 'utf8')
        expect(Evidence.parse(JSON.parse(text)).status).toBe('succeeded')
      }
      await expectNothingLeft(sandbox)
    },
  )

  const startsUp = () =>
    expect.poll(() => existsSync(join(sandbox.dataDir, 'server.lock')), { timeout: 30_000 }).toBe(true)
  const trains = (running: Running) => running.waitFor(/trial 1\/1: train/)
  it.each([
    ['starts', startsUp, () => {}],
    ['benchmarks', trains, trains],
  ])('succeeds beside another one that is killed while it %s', async (_, isReady, isBesideReady) => {
    const workload = await createStandInWorkload(sandbox.directory, { waits: true })
    const env = { RADIX_PYTHON: workload.path }
    const argv = ['start', '--no-stay', '--output-dir', sandbox.directory]
    const first = sandbox.radix(argv, env)
    await isReady(first)
    const second = sandbox.radix(argv, env)
    await isBesideReady(second)
    first.kill('SIGKILL')
    const killed = await first.finished
    await workload.release()
    const { exitCode, stdout, stderr } = await second.finished
    expect(exitCode, stdout + stderr).toBe(0)
    const [runId] = /run_[0-9a-z]{26}/.exec(killed.stdout) ?? []
    if (runId) await sandbox.output(['bench', 'cleanup', runId], env)
    await expectNothingLeft(sandbox)
  })
})

describe('radix start on a terminal', () => {
  it('keeps running, and a second terminal uses its control plane', async () => {
    const { path } = await createStandInWorkload(sandbox.directory, { waits: false })
    const env = { RADIX_PYTHON: path }
    const staying = sandbox.radixOnTerminal(['start', '--output-dir', sandbox.directory], env)
    await staying.waitFor(/stays up at/)
    const second = await sandbox.run([...QUICK, '--json'], env)
    expect(second.exitCode, second.stderr).toBe(0)
    const third = await sandbox.run(['start', '--no-stay'], env)
    expect(third.exitCode, third.stderr).toBe(0)
    staying.typeCtrlC()
    const { exitCode, stdout, stderr } = await staying.finished
    expect(exitCode, stdout + stderr).toBe(0)
    await expectNothingLeft(sandbox)
  })
})
