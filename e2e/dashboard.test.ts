/** The dashboard in use: a real browser, server and agent, and a training in progress. */

import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pino from 'pino'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '../src/contract/client.ts'
import type { Evidence } from '../src/contract/schemas/evidence.ts'
import type { Job } from '../src/contract/schemas/job.ts'
import { runRegistration } from '../src/contract/testing/new-objects.ts'
import { readServerConfig } from '../src/control-plane/config.ts'
import { type RunningServer, startServer } from '../src/control-plane/server.ts'
import { type Database, openDatabase } from '../src/control-plane/store/database.ts'
import { embeddedConnectionOf } from '../src/control-plane/store/embedded-postgres.ts'
import { databaseUrlOf } from '../src/control-plane/testing/database-url.ts'
import { newId } from '../src/core/ids.ts'
import { buildEvidence } from '../src/evidence/build.ts'
import type { EvidenceFacts } from '../src/evidence/facts.ts'
import { signEvidence } from '../src/evidence/signature/sign.ts'
import { gpuFacts, gpuTrial } from '../src/evidence/testing/facts.ts'
import { testSigner } from '../src/evidence/testing/signing-key.ts'
import { resnet50 } from '../src/workloads/resnet50.ts'
import {
  collectComplaints,
  describeWithBrowser,
  expectAccessible,
  expectGoodView,
  GOOD_LAYOUT_SHIFT,
  readLayoutShift,
  startBrowser,
} from './support/browser.ts'
import { type ControlPlane, restartControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { type GpuMachine, startGpuMachine } from './support/gpu-machine.ts'
import { type Running, Sandbox } from './support/sandbox.ts'
import { createStandInWorkload, type StandInWorkload } from './support/stand-in-workload.ts'

const WAIT = { timeout: 90_000, interval: 50 }
const BUILT = join(import.meta.dirname, '..', 'dist', 'dashboard', 'index.html')

describeWithBrowser('the dashboard', () => {
  let sandbox: Sandbox
  let controlPlane: ControlPlane
  let gpuMachine: GpuMachine
  let agent: Running
  let agentArgv: readonly string[]
  let workload: StandInWorkload
  let browser: Browser
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    expect(existsSync(BUILT), 'build it first: `npx vite build dashboard`').toBe(true)
    sandbox = await Sandbox.createUsed()
    controlPlane = await startControlPlane(sandbox)
    gpuMachine = await startGpuMachine(controlPlane.client, 'gpu-rack')
    await controlPlane.client.call('createCluster', { body: { name: 'spare' } })
    browser = await startBrowser()
    const context = await browser.newContext({ baseURL: controlPlane.url, viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    page.setDefaultTimeout(WAIT.timeout)
    complaints = collectComplaints(page)
  })
  afterAll(async () => {
    gpuMachine?.stop()
    agent?.kill('SIGCONT')
    await browser?.close()
    await stopControlPlane(controlPlane)
    await sandbox.remove()
  })

  const newLink = () => sandbox.output(['auth', 'link'])
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const dialog = () => page.getByRole('dialog')
  const seen = (text: string | RegExp) => page.getByText(text).first().waitFor()
  const statusIs = (status: string) => page.locator('.heading > .status', { hasText: status }).waitFor()

  it('signs in with a link, once, and leaves no code in the address', async () => {
    await page.goto('/runs')
    await page.getByRole('heading', { name: 'Sign in to Radix' }).waitFor()
    const link = await newLink()
    await page.goto(link)
    await page.getByRole('heading', { name: 'Clusters' }).waitFor()
    expect(page.url()).toBe(`${controlPlane.url}/clusters`)
    expect(await page.evaluate('document.cookie')).toBe('')
    const stranger = await browser.newPage()
    await stranger.goto(link)
    await stranger.getByText('AUTH_LINK_INVALID').waitFor()
    expect(stranger.url()).toBe(`${controlPlane.url}/sign-in`)
    await stranger.close()
  })

  it('finds clusters by a part of their name, with one request for all key strokes', async () => {
    await page.getByRole('link', { name: 'spare' }).waitFor()
    const asked: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('name=')) asked.push(new URL(request.url()).searchParams.get('name') ?? '')
    })
    await page.getByRole('searchbox', { name: 'Name' }).pressSequentially('gpu', { delay: 20 })
    await page.getByRole('link', { name: 'spare' }).waitFor({ state: 'detached' })
    expect(asked).toEqual(['gpu'])
    expect(page.url()).toContain('name=gpu')
    await page.getByRole('row', { name: /gpu-rack.*active.*s ago.*NVIDIA H100/ }).waitFor()
    await look('clusters')
  })

  it('creates a cluster, and its command connects an agent', async () => {
    await button('Create cluster').click()
    await page.getByLabel('Name', { exact: true }).last().fill('lab-box')
    await page.getByRole('combobox', { name: 'Type' }).selectOption('local')
    await button('Create').click()
    await page.getByRole('heading', { name: 'lab-box' }).waitFor()
    await statusIs('pending')
    await button('Connect a machine').click()
    await button('Create token').click()
    const shown = dialog().getByRole('region', { name: 'Onboarding command' }).locator('code')
    const command = (await shown.innerText()).trim()
    await dialog().getByText('Docker').click()
    await dialog().getByText('docker run --detach').waitFor()
    await expectAccessible(page)
    agent = await startAgent(command)
    await dialog()
      .getByText(/Connected: /)
      .waitFor()
    await button('Done').click()
    await statusIs('active')
    expect(await page.content()).not.toContain('radix_ot_')
  })

  /** With the options of the pasted line. The line itself is run by `install-agent.test.ts`. */
  async function startAgent(command: string): Promise<Running> {
    const [, script, token, options] =
      /curl -fsSL (\S+) .*RADIX_ONBOARDING_TOKEN=(radix_ot_\S+) sh -s -- (.+)$/.exec(command) ?? []
    expect(script).toBe(`${controlPlane.url}/agent/install.sh`)
    await writeFile(join(sandbox.directory, 'onboarding-token'), token ?? '', { mode: 0o600 })
    const argv = ['agent', ...(options ?? '').split(' '), '--onboarding-token-file', 'onboarding-token']
    agentArgv = [...argv, '--state-dir', join(sandbox.directory, 'agent')]
    return sandbox.radix(agentArgv)
  }

  /** From here on a test decides how long a job lasts, and jobs use no processor. */
  async function replacePyTorch(): Promise<void> {
    workload = await createStandInWorkload(sandbox.directory, { waits: true })
    agent.kill('SIGTERM')
    await agent.finished
    agent = sandbox.radix(agentArgv, { RADIX_PYTHON: workload.path })
  }

  it('starts a benchmark with PyTorch, follows it live, and shows its evidence', async () => {
    await startBenchmark({ 'Batch size': '2', 'Image size': '32', 'Steps per epoch': '4', 'Warm-up': '1' })
    await page.waitForURL('**/runs/run_*')
    await seen(/step \d+ of 4/)
    await page.getByRole('log').getByText('recipe reference').waitFor()
    await page.getByRole('img', { name: /^Throughput over time, now [\d.]+ images\/s/ }).waitFor()
    await statusIs('succeeded')
    const evidence = page.getByRole('region', { name: 'Evidence' })
    await evidence.getByText('Read the reasons before you use this result.').waitFor()
    await evidence.getByText('It ran on a CPU').waitFor()
    await evidence.getByText('none launched').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download evidence.json' }).click(),
    ])
    const document = JSON.parse(await readFile(await download.path(), 'utf8'))
    expect(document).toMatchObject({ schema: 'radix.evidence/v2', run_id: page.url().split('/').at(-1) })
    const signature = page.getByRole('region', { name: 'Signature' })
    await signature.getByText('the key of this control plane').waitFor()
    const [report] = await Promise.all([page.waitForEvent('download'), button('Download report').click()])
    expect(await readFile(await report.path(), 'utf8')).toContain(document.run_id)
    await look('run')
  })

  async function startBenchmark(fields: Record<string, string>): Promise<void> {
    await button('Run benchmark').click()
    // What a CPU can do.
    expect(await page.getByLabel('Batch size').inputValue()).toBe('8')
    await expectAccessible(page)
    for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value)
    await button('Start benchmark').click()
  }

  it('shows the parameters of a job and its result', async () => {
    await page.getByRole('link', { name: 'resnet50_benchmark' }).first().click()
    await page.getByRole('heading', { name: 'resnet50_benchmark' }).waitFor()
    await statusIs('succeeded')
    const result = page.getByRole('region', { name: 'Result', exact: true })
    await result.getByText(/[\d.]+ images\/s/).waitFor()
    await page.getByRole('region', { name: 'Parameters' }).getByText('32 px').waitFor()
    await page.getByRole('log').getByText('recipe reference').waitFor()
    expect(await page.title()).toMatch(/^Job …\w{6} · Radix$/)
    await look('job')
  })

  it('cancels a run', async () => {
    await replacePyTorch()
    await page.getByRole('link', { name: 'lab-box' }).click()
    await startBenchmark({ 'Batch size': '2', 'Image size': '32', 'Steps per epoch': '100000' })
    await page.getByRole('region', { name: 'Trial', exact: true }).getByText('training').waitFor()
    await button('Cancel run').click()
    await dialog().getByRole('button', { name: 'Cancel run' }).click()
    await statusIs('cancelled')
    await seen('RUN_CANCELLED')
    await page.goto('/runs')
    await page.getByRole('combobox', { name: 'Status', exact: true }).selectOption('cancelled')
    await expect.poll(() => page.getByRole('row').count(), WAIT).toBe(2)
    await look('runs')
  })

  it('shows the result of a run on a GPU machine, its cost, and the termination', async () => {
    const evidence = await storeRun(gpuFacts())
    await page.goto(`/runs/${evidence.run_id}`)
    const shown = page.getByRole('region', { name: 'Evidence' })
    await shown.getByText('This result can be used and compared.').waitFor()
    const { mean = 0, n = 0 } = evidence.results.throughput ?? {}
    await shown.locator('.headline', { hasText: `${mean.toFixed(1)} images/s` }).waitFor()
    await shown.getByText(`95 % interval over ${n} trials`).waitFor()
    const money = shown.getByRole('region', { name: 'Cost and machine' })
    await money.getByText(`$${evidence.cost?.machine_usd.toFixed(2)} for `).waitFor()
    await shown.getByText(/terminated, confirmed/).waitFor()
    await shown.getByRole('region', { name: 'GPU telemetry' }).getByText('290 W').waitFor()
    await shown
      .getByRole('region', { name: 'Signature' })
      .getByText('the evidence is unchanged since it was signed')
      .waitFor()
    await look('evidence')
  })

  /** As a run from a workflow leaves it. */
  async function storeRun(facts: EvidenceFacts): Promise<Evidence> {
    const evidence = buildEvidence(facts)
    const params = { run_id: evidence.run_id }
    const body = runRegistration({ ...params, parameters: { recipe: 'reference', trials: 3 } })
    await controlPlane.client.call('registerRun', { body })
    await controlPlane.client.call('putEvidence', { params, body: signEvidence(evidence, testSigner()) })
    await controlPlane.client.call('updateRun', { params, body: { status: 'succeeded' } })
    return evidence
  }

  it('compares runs picked from the list, and explains a refusal', async () => {
    const slower = [gpuTrial(1, 318.2), gpuTrial(2, 317.1), gpuTrial(3, 319.4)]
    const other = await storeRun(
      gpuFacts({ runId: newId('run'), trials: slower, startedAt: '2026-03-03T09:00:00.000Z' }),
    )
    await page.goto('/runs?search=A10G')
    await page.getByRole('checkbox').first().waitFor()
    expect(await page.getByRole('checkbox').count()).toBe(2)
    await page.getByRole('checkbox').nth(1).check()
    await page.getByText('select another one to compare').waitFor()
    await page.getByRole('checkbox').nth(0).check()
    await look('picked')
    await page.getByRole('link', { name: 'Compare', exact: true }).click()
    const changes = page.getByRole('region', { name: 'Changes' })
    await changes.getByText('B is 7.3 % slower than A').waitFor()
    await page.getByRole('row', { name: 'Throughput 343.3 images/s 318.2 images/s' }).waitFor()
    await look('compare')
    await page.getByRole('button', { name: 'Use as baseline' }).click()
    await changes.getByText('B is 7.9 % faster than A').waitFor()
    // The run on the CPU has other settings and another device.
    await page.getByRole('link', { name: 'Select other runs' }).click()
    await page.getByRole('searchbox', { name: 'Find' }).fill('lab-box')
    await page
      .getByRole('checkbox', { name: /lab-box/, disabled: false })
      .first()
      .check()
    await page.getByRole('link', { name: 'Compare', exact: true }).click()
    await seen('COMPARISON_REFUSED')
    await seen(/batch size: 2 and 128/)
    await look('refused')
    await page
      .getByRole('button', { name: /Remove/ })
      .first()
      .click()
    await changes.getByText('B is 7.3 % slower than A').waitFor()
    expect(other.verdict.level).toBe('valid')
  })

  it('shows the throughput of a machine type, and its changes', async () => {
    await page.goto('/trends')
    // The runs of the tests are from an earlier year.
    await page.getByRole('combobox', { name: 'Period' }).selectOption('all time')
    const row = page.getByRole('row', { name: /g5\.2xlarge.*reference.*2/ })
    await row.getByText('2 runs').waitFor()
    const series = page.getByRole('region', { name: 'g5.2xlarge, reference' })
    await series.getByText('−7.3 % compared with the previous run').waitFor()
    await series.getByRole('img', { name: /^Throughput of g5.2xlarge, reference over 2 runs/ }).waitFor()
    await series.getByText('2 runs', { exact: true }).click()
    await series.getByRole('row', { name: /318.2 images\/s/ }).waitFor()
    await look('trends')
    await series.getByRole('link', { name: 'Compare the last two' }).click()
    await page.getByRole('heading', { name: 'Compare runs' }).waitFor()
  })

  it('shows running machines on every page, and whether a reaper watches them', async () => {
    await controlPlane.client.call('setBudget', { body: { per_day_usd: 50, per_month_usd: null } })
    await page.goto('/machines')
    await page.getByText('No machines are known to be running.').waitFor()
    await page.getByRole('row', { name: /Today.*\$50\.00/ }).waitFor()
    await controlPlane.client.call('setBudget', { body: { per_day_usd: null, per_month_usd: null } })
    await page.getByText('No reaper has reported yet.').waitFor()
    const body = runRegistration({ deadline_at: new Date(Date.now() - 120_000).toISOString() })
    const { run_id } = await controlPlane.client.call('registerRun', { body })
    const launched_at = new Date(Date.now() - 3_000_000).toISOString()
    const machine = { machine_id: 'i-0123456789abcdef0', instance_type: 'g5.2xlarge', launched_at, terminated_at: null }
    const status = 'termination_unconfirmed' as const
    await controlPlane.client.call('updateRun', {
      params: { run_id },
      body: { status, machine: { ...machine, state: 'running' } },
    })
    await page
      .getByRole('row', { name: /i-0123456789abcdef0.*termination unconfirmed.*50 min.*2 min overdue/ })
      .waitFor()
    await page.getByRole('alert').getByText('A machine is past its deadline').waitFor()
    await page.getByRole('link', { name: 'Machines 1 past the deadline' }).waitFor()
    const at = new Date().toISOString()
    const report = { at, dry_run: false, success: true, interval_seconds: 600, things: [], unseen: [] }
    await controlPlane.client.call('putReaperReport', { params: { name: 'ops' }, body: report })
    await page.getByRole('region', { name: 'Reaper ops' }).getByText('on schedule').waitFor()
    await look('machines')
    const ended = { ...machine, state: 'terminated' as const, terminated_at: at }
    await controlPlane.client.call('updateRun', { params: { run_id }, body: { status: 'failed', machine: ended } })
    await page.getByText('No machines are known to be running.').waitFor()
  })

  it('creates an API key, shows it once, and revokes it', async () => {
    await page.goto('/api-keys')
    await button('Create API key').click()
    await page.getByLabel('Name', { exact: true }).fill('scheduler')
    await button('Create').click()
    const key = (await dialog().locator('code').innerText()).trim()
    for (let presses = 0; presses < 3; presses++) await page.keyboard.press('Escape')
    await dialog().getByText('Its secret is not shown again').waitFor()
    expect((await dialog().locator('code').innerText()).trim()).toBe(key)
    await expectAccessible(page)
    await button('Keep open').click()
    await button('Done').click()
    await page.getByRole('row', { name: /scheduler.*active.*never/ }).waitFor()
    expect(await page.content()).not.toContain(key)
    const score = { job_type: 'training', features: {}, candidate_gpu_types: ['A10G'] }
    const program = createClient({ baseUrl: controlPlane.url, credential: () => key })
    expect((await program.call('score', { body: score })).candidates).toHaveLength(1)
    await look('api-keys')
    await button('Revoke').click()
    await dialog().getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('row', { name: /scheduler.*revoked/ }).waitFor()
    await expect(program.call('score', { body: score })).rejects.toMatchObject({ code: 'AUTH_API_KEY_INVALID' })
  })

  it('shows a run started elsewhere as it starts, without a layout shift', async () => {
    await page.goto('/runs')
    await page.locator('.live-mark.live').waitFor()
    await page
      .getByRole('row', { name: /ci-gpu-bench/ })
      .first()
      .waitFor()
    const run = sandbox.radix([
      'bench',
      'run',
      '--provider',
      'existing',
      '--cluster-name',
      'lab-box',
      '--allow-cpu',
      '--batch-size',
      '2',
      '--image-size',
      '32',
      '--steps-per-epoch',
      '4',
      '--warmup-steps',
      '1',
      '--api-base',
      controlPlane.url,
    ])
    await page
      .getByRole('row', { name: /lab-box.*running/ })
      .getByRole('link')
      .click()
    await page.getByText('run-trials').waitFor()
    await workload.release()
    await statusIs('succeeded')
    await page.getByRole('region', { name: 'Signature' }).getByText('the key of this control plane').waitFor()
    expect(await readLayoutShift(page)).toBeLessThan(GOOD_LAYOUT_SHIFT)
    await page.reload()
    await page.getByRole('region', { name: 'Signature' }).getByText('the key of this control plane').waitFor()
    expect(await readLayoutShift(page)).toBeLessThan(GOOD_LAYOUT_SHIFT)
    expect((await run.finished).exitCode).toBe(0)
  })

  it('follows the jobs of a cluster one after the other, without a layout shift', async () => {
    const [cluster] = (await controlPlane.client.call('listClusters', { query: { name: 'lab-box' } })).items
    const address = { cluster_id: cluster?.cluster_id ?? '' }
    const params = { ...resnet50.quick, batch_size: 2, image_size: 32, steps_per_epoch: 2, warmup_steps: 1 }
    const launch = () =>
      controlPlane.client.call('launchJob', { params: address, body: { job_kind: 'resnet50_benchmark', params } })
    const readStatus = async ({ job_id }: Job) =>
      (await controlPlane.client.call('getJob', { params: { ...address, job_id } })).status
    const now = page.getByRole('region', { name: 'Running now' })
    await workload.hold()
    const jobs = [await launch(), await launch()] as const
    await expect.poll(() => readStatus(jobs[0]), WAIT).toBe('running')
    await page.goto(`/clusters/${address.cluster_id}`)
    await now.getByRole('log').waitFor()
    await workload.release()
    await now.locator(`a[href$="${jobs[1].job_id}"]`).waitFor()
    await now.getByText('Last:').waitFor()
    expect(await readLayoutShift(page)).toBeLessThan(GOOD_LAYOUT_SHIFT)
    await hide(true)
    const short = await launch()
    await expect.poll(() => readStatus(short), WAIT).toBe('succeeded')
    await hide(false)
    await now.locator(`a[href$="${short.job_id}"]`).waitFor()
    await page.reload()
    await now.getByText('Running now: nothing').waitFor()
    await workload.hold()
    const { job_id } = await launch()
    await now.getByRole('link', { name: 'resnet50_benchmark' }).waitFor()
    await controlPlane.client.call('cancelJob', { params: { ...address, job_id } })
    await now.getByText('nothing').waitFor()
    expect(await now.getByRole('log').count()).toBe(0)
    expect(await readLayoutShift(page)).toBeLessThan(GOOD_LAYOUT_SHIFT)
  })

  it('loses nothing when an agent goes silent during a job, and shows the outcome', async () => {
    await page.goto('/clusters')
    await page.getByRole('link', { name: 'lab-box' }).click()
    await startBenchmark({ 'Batch size': '2', 'Image size': '32', 'Steps per epoch': '100000' })
    await page.getByRole('region', { name: 'Trial', exact: true }).getByText('training').waitFor()
    const runUrl = page.url()
    await page.getByRole('region', { name: 'Run', exact: true }).getByRole('link', { name: 'lab-box' }).click()
    agent.kill('SIGSTOP')
    await letLeaseRunOut()
    await statusIs('unreachable')
    await page.getByText('Its agent has missed three heartbeats.').waitFor()
    const replica = await startImpatientReplica()
    await page
      .getByRole('row', { name: /resnet50_benchmark.*lost/ })
      .waitFor()
      .finally(() => replica.close())
    await page.goto(runUrl)
    await statusIs('failed')
    await seen('JOB_LOST')
    await look('lost')
    agent.kill('SIGCONT')
    await page.getByRole('region', { name: 'Run', exact: true }).getByRole('link', { name: 'lab-box' }).click()
    await statusIs('active')
  })

  /** Instead of waiting, moves the lease and the heartbeats of the stopped agent into the past. */
  async function letLeaseRunOut(): Promise<void> {
    await inDatabase(async (db, past) => {
      const running = db.updateTable('jobs').set({ lease_expires_at: past }).where('status', '=', 'running')
      await running.where('run_id', 'is not', null).execute()
      await db.updateTable('clusters').set({ last_heartbeat_at: past }).where('name', '=', 'lab-box').execute()
    })
  }

  /** A server counts leases and graces from its own start, as agents could not reach it before. This one waits for neither. */
  function startImpatientReplica(): Promise<RunningServer> {
    return startServer({
      ...readServerConfig({ DATABASE_URL: databaseUrlOf(embeddedConnectionOf(sandbox.dataDir)) }),
      host: '127.0.0.1',
      port: 0,
      dataDir: join(sandbox.directory, 'replica'),
      logger: pino({ level: 'silent' }),
      settings: { jobLeaseMs: 1, jobLostGraceMs: 1 },
    })
  }

  async function inDatabase(change: (db: Database, past: Date) => Promise<unknown>): Promise<void> {
    const connection = embeddedConnectionOf(sandbox.dataDir)
    const { db, close } = await openDatabase({ connection, displayName: 'test' })
    await change(db, new Date(Date.now() - 3_600_000))
    await close()
  }

  it('draws GPU samples live', async () => {
    await gpuMachine.report(40)
    await page.goto(`/clusters/${gpuMachine.clusterId}`)
    await page.getByRole('img', { name: 'Utilisation over time, now 97 %' }).waitFor()
    await page.getByRole('img', { name: 'Memory used over time, now 41.0 GiB' }).waitFor()
    await seen('None in 40.0 s of samples.')
    await gpuMachine.report(5, { clock_sm_mhz: 1410, throttle_reasons: ['sw_thermal_slowdown'] })
    await page.getByRole('img', { name: 'SM clock over time, now 1,410 MHz' }).waitFor()
    await page.getByRole('region', { name: 'Throttling' }).getByText('5 s').waitFor()
    await look('cluster')
  })

  it('streams only while the page is visible, and shows everything once', async () => {
    await hide(true)
    await gpuMachine.report(1, { utilization_percent: 55, throttle_reasons: ['sw_thermal_slowdown'] })
    const latestOn = (where: Page) => where.getByRole('img', { name: 'Utilisation over time, now 55 %' })
    const looking = await page.context().newPage()
    await looking.goto(page.url())
    await latestOn(looking).waitFor()
    await looking.close()
    expect(await latestOn(page).count()).toBe(0)
    await hide(false)
    await latestOn(page).waitFor()
    for (const count of [40, 45, 46]) {
      expect(await page.getByRole('log').getByText(`reported ${count} samples`).count(), String(count)).toBe(1)
    }
  })

  /** As when another tab is in front: a headless browser has no tabs. */
  const hide = (isHidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))`)

  it('reports a lost connection, and continues once the server is back', async () => {
    await stopControlPlane(controlPlane)
    await page.getByText('The control plane cannot be reached').waitFor()
    await page.locator('.live-mark.broken').waitFor()
    await page.getByRole('img', { name: 'Utilisation over time, now 55 %' }).waitFor()
    controlPlane = await restartControlPlane(sandbox, controlPlane)
    await page.getByText('The control plane cannot be reached').waitFor({ state: 'detached' })
    await page.locator('.live-mark.live').waitFor()
    await gpuMachine.report(1, { utilization_percent: 12, throttle_reasons: ['sw_thermal_slowdown'] })
    await page.getByRole('img', { name: 'Utilisation over time, now 12 %' }).waitFor()
    // Nothing is lost: 6 seconds from before, and one after.
    await page.getByRole('region', { name: 'Throttling' }).getByText('7 s').waitFor()
  })

  it('explains an unknown page, and links to known ones', async () => {
    const shown = page.url()
    await page.goto('/runs/run_none')
    await page.getByRole('heading', { name: 'This run cannot be shown' }).waitFor()
    await seen('NOT_FOUND')
    await look('absent')
    await page.goto(shown)
  })

  it('sends a user whose session has ended to sign in, and back to their page', async () => {
    await inDatabase((db, past) => db.updateTable('sessions').set({ expires_at: past }).execute())
    await page.getByRole('heading', { name: 'Sign in to Radix' }).waitFor()
    await look('sign-in')
    const other = await page.context().newPage()
    await other.goto(await newLink())
    await other.getByRole('heading', { name: 'Clusters' }).waitFor()
    await other.close()
    await page.getByRole('heading', { name: 'gpu-rack' }).waitFor()
  })

  it('archives a cluster by keyboard, after a confirmation', async () => {
    await button('Archive').focus()
    await page.keyboard.press('Enter')
    await dialog().getByText('This cannot be undone.').waitFor()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'hidden' })
    expect(await button('Archive').evaluate((element) => element.matches(':focus'))).toBe(true)
    await page.keyboard.press('Enter')
    await expectAccessible(page)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await statusIs('archived')
    expect(await button('Archive').count()).toBe(0)
    await page.getByRole('row', { name: /resnet50_benchmark.*cancelled/ }).waitFor()
    await page.getByRole('link', { name: 'Clusters' }).first().click()
    await page.getByRole('link', { name: 'lab-box' }).waitFor()
    expect(await page.getByRole('link', { name: 'gpu-rack' }).count()).toBe(0)
    await page.getByRole('combobox', { name: 'Status' }).selectOption('archived')
    await page.getByRole('link', { name: 'gpu-rack' }).waitFor()
  })

  it('signs out, and says how to sign in again', async () => {
    await button('Sign out').click()
    await page.getByRole('heading', { name: 'Sign in to Radix' }).waitFor()
    await seen('radix auth link')
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.goto('/runs')
    await page.getByRole('heading', { name: 'Sign in to Radix' }).waitFor()
    expect(new URL(page.url()).searchParams.get('next')).toBe('/runs')
  })

  it('has logged no error in the browser', () => {
    expect(complaints).toEqual([])
  })

  const look = (name: string) => expectGoodView(page, name)
})
