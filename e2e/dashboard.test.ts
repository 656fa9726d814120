/** The dashboard as somebody uses it: a real browser, server and agent, and a training that runs meanwhile. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildEvidence } from '../src/evidence/build.ts'
import { gpuFacts } from '../src/evidence/testing/facts.ts'
import { collectComplaints, describeWithBrowser, expectAccessible, startBrowser } from './support/browser.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { type GpuMachine, startGpuMachine } from './support/gpu-machine.ts'
import { Sandbox } from './support/sandbox.ts'

const WAIT = { timeout: 40_000, interval: 50 }
const PORT = 18_219
const BUILT = join(import.meta.dirname, '..', 'dist', 'dashboard', 'index.html')

describeWithBrowser('the dashboard', () => {
  let sandbox: Sandbox
  let controlPlane: ControlPlane
  let gpuMachine: GpuMachine
  let browser: Browser
  let page: Page
  let complaints: string[]
  let pictures: string

  beforeAll(async () => {
    expect(existsSync(BUILT), 'build it first: `npx vite build dashboard`').toBe(true)
    sandbox = await Sandbox.createUsed()
    controlPlane = await startControlPlane(sandbox, PORT)
    gpuMachine = await startGpuMachine(controlPlane.client, 'gpu-rack')
    await controlPlane.client.call('createCluster', { body: { name: 'spare' } })
    browser = await startBrowser()
    const context = await browser.newContext({ baseURL: controlPlane.url, viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    page.setDefaultTimeout(WAIT.timeout)
    complaints = collectComplaints(page)
    pictures = await mkdtemp(join(tmpdir(), 'radix-dashboard-'))
    process.stdout.write(`pictures of the dashboard: ${pictures}\n`)
  })
  afterAll(async () => {
    gpuMachine?.stop()
    await browser?.close()
    await stopControlPlane(controlPlane)
    await sandbox.remove()
  })

  const newLink = () => sandbox.output(['auth', 'link'])
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const dialog = () => page.getByRole('dialog')
  const seen = (text: string | RegExp) => page.getByText(text).first().waitFor()
  const statusIs = (status: string) => page.locator('.heading > .status', { hasText: status }).waitFor()

  it('signs in by a link, once, and leaves no code behind', async () => {
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

  it('finds clusters by a part of their name, with one request for all of the typing', async () => {
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
    await take('clusters')
  })

  it('creates a cluster, and its command brings an agent in', async () => {
    await button('Create cluster').click()
    await page.getByLabel('Name', { exact: true }).last().fill('lab-box')
    await page.getByRole('combobox', { name: 'Type' }).selectOption('local')
    await button('Create').click()
    await page.getByRole('heading', { name: 'lab-box' }).waitFor()
    await statusIs('pending')
    await button('Connect a machine').click()
    await button('Create token').click()
    const command = (await dialog().locator('code').innerText()).trim()
    await dialog().getByText('Docker').click()
    await dialog().getByText('docker run --detach').waitFor()
    await expectAccessible(page)
    await startAgent(command)
    await dialog()
      .getByText(/Connected: /)
      .waitFor()
    await button('Done').click()
    await statusIs('active')
    expect(await page.content()).not.toContain('radix_ot_')
  })

  /** As somebody would who pastes both lines. */
  async function startAgent(command: string): Promise<void> {
    const [, token] = /printf %s '(radix_ot_[^']+)' > onboarding-token/.exec(command) ?? []
    const [, ...argv] = command.split('\n')[1]?.split(' ') ?? []
    expect(argv.slice(0, 3)).toEqual(['agent', '--api-base', controlPlane.url])
    await writeFile(join(sandbox.directory, 'onboarding-token'), token ?? '', { mode: 0o600 })
    sandbox.radix([...argv, '--state-dir', join(sandbox.directory, 'agent')])
  }

  it('starts a benchmark with PyTorch, follows it live, and shows its evidence', async () => {
    await startBenchmark({ 'Batch size': '2', 'Image size': '32', 'Steps per epoch': '4' })
    await page.waitForURL('**/runs/run_*')
    await seen(/step \d+ of 4/)
    await page.getByRole('log').getByText('recipe reference').waitFor()
    await page.getByRole('img', { name: /^Throughput over time, now [\d.]+ images\/s/ }).waitFor()
    await statusIs('succeeded')
    const evidence = page.getByRole('region', { name: 'Evidence' })
    await evidence.getByText('Look at the reasons before this number is used.').waitFor()
    await evidence.getByText('It ran on a CPU').waitFor()
    await evidence.getByText('none was launched').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download evidence.json' }).click(),
    ])
    const document = JSON.parse(await readFile(await download.path(), 'utf8'))
    expect(document).toMatchObject({ schema: 'radix.evidence/v1', run_id: page.url().split('/').at(-1) })
    await take('run')
  })

  async function startBenchmark(fields: Record<string, string>): Promise<void> {
    await button('Run benchmark').click()
    expect(await page.getByLabel('Batch size').inputValue()).toBe('128')
    await expectAccessible(page)
    for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value)
    await button('Start benchmark').click()
  }

  it('shows what a job was and what it answered', async () => {
    await page.getByRole('link', { name: 'resnet50_benchmark' }).first().click()
    await page.getByRole('heading', { name: 'resnet50_benchmark' }).waitFor()
    await statusIs('succeeded')
    const result = page.getByRole('region', { name: 'Result', exact: true })
    await result.getByText(/[\d.]+ images\/s/).waitFor()
    await page.getByRole('region', { name: 'Parameters' }).getByText('32 px').waitFor()
    await page.getByRole('log').getByText('recipe reference').waitFor()
    expect(await page.title()).toMatch(/^Job …\w{6} · Radix$/)
    await take('job')
  })

  it('cancels a run', async () => {
    await page.getByRole('link', { name: 'lab-box' }).click()
    await startBenchmark({ 'Batch size': '2', 'Image size': '32', 'Steps per epoch': '100000' })
    await page
      .getByRole('region', { name: 'Trial', exact: true })
      .getByText(/setting up|warming up|training/)
      .waitFor()
    await button('Cancel run').click()
    await dialog().getByRole('button', { name: 'Cancel run' }).click()
    await statusIs('cancelled')
    await seen('RUN_CANCELLED')
    await page.goto('/runs')
    await page.getByRole('combobox', { name: 'Status' }).selectOption('cancelled')
    await expect.poll(() => page.getByRole('row').count(), WAIT).toBe(2)
    await take('runs')
  })

  it('says what a run on a GPU machine found, what it cost, and that the machine is gone', async () => {
    const facts = gpuFacts()
    const evidence = buildEvidence(facts)
    const params = { run_id: evidence.run_id }
    const deadline_at = new Date(Date.now() + 60_000).toISOString()
    const body = { ...params, provider: 'ec2' as const, cluster_name: 'ci-gpu-bench', parameters: {}, deadline_at }
    await controlPlane.client.call('registerRun', { body })
    await controlPlane.client.call('putEvidence', { params, body: evidence })
    await controlPlane.client.call('updateRun', { params, body: { status: 'succeeded' } })
    await page.goto(`/runs/${evidence.run_id}`)
    const shown = page.getByRole('region', { name: 'Evidence' })
    await shown.getByText('This number may be used, and compared.').waitFor()
    const { mean = 0, n = 0 } = evidence.results.throughput_images_per_sec ?? {}
    await shown.locator('.headline', { hasText: `${mean.toFixed(1)} images/s` }).waitFor()
    await shown.getByText(`95 % interval over ${n} trials`).waitFor()
    await shown.getByText(`$${evidence.cost?.machine_usd.toFixed(2)} for `).waitFor()
    await shown.getByText('confirmed to be gone').waitFor()
    await take('evidence')
  })

  it('draws what GPUs do while they do it', async () => {
    await gpuMachine.report(40)
    await page.goto(`/clusters/${gpuMachine.clusterId}`)
    await page.getByRole('img', { name: 'Utilisation over time, now 97 %' }).waitFor()
    await page.getByRole('img', { name: 'Memory used over time, now 41.0 GiB' }).waitFor()
    await seen('Never, in 40.0 s of samples.')
    await gpuMachine.report(5, { clock_sm_mhz: 1410, throttle_reasons: ['sw_thermal_slowdown'] })
    await page.getByRole('img', { name: 'SM clock over time, now 1,410 MHz' }).waitFor()
    await page.getByRole('region', { name: 'Throttling' }).getByText('5 s').waitFor()
    await take('cluster')
  })

  it('listens while somebody looks, and has everything once', async () => {
    await hide(true)
    await gpuMachine.report(1, { utilization_percent: 55, throttle_reasons: ['sw_thermal_slowdown'] })
    const latest = page.getByRole('img', { name: 'Utilisation over time, now 55 %' })
    await expect(latest.waitFor({ timeout: 1000 })).rejects.toThrow('Timeout')
    await hide(false)
    await latest.waitFor()
    for (const count of [40, 45, 46]) {
      expect(await page.getByRole('log').getByText(`reported ${count} samples`).count(), String(count)).toBe(1)
    }
  })

  /** As when another tab is in front; a headless browser has none. */
  const hide = (isHidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))`)

  it('says so when the server is gone, and goes on where it was when it is back', async () => {
    await stopControlPlane(controlPlane)
    await page.getByText('The control plane cannot be reached').waitFor()
    await page.getByRole('img', { name: 'Utilisation over time, now 55 %' }).waitFor()
    controlPlane = await startControlPlane(sandbox, PORT)
    await page.getByText('The control plane cannot be reached').waitFor({ state: 'detached' })
    await gpuMachine.report(1, { utilization_percent: 12, throttle_reasons: ['sw_thermal_slowdown'] })
    await page.getByRole('img', { name: 'Utilisation over time, now 12 %' }).waitFor()
    // Nothing is lost: 6 seconds from before, and one.
    await page.getByRole('region', { name: 'Throttling' }).getByText('7 s').waitFor()
  })

  it('says what there is not, and where to go on', async () => {
    const shown = page.url()
    await page.goto('/runs/run_none')
    await page.getByRole('heading', { name: 'This run cannot be shown' }).waitFor()
    await seen('NOT_FOUND')
    await take('absent')
    await page.goto(shown)
  })

  it('sends whoever is signed out to sign in, and back to where they were', async () => {
    await page.context().clearCookies()
    await page.getByRole('heading', { name: 'Sign in to Radix' }).waitFor()
    await take('sign-in')
    const other = await page.context().newPage()
    await other.goto(await newLink())
    await other.getByRole('heading', { name: 'Clusters' }).waitFor()
    await other.close()
    await page.getByRole('heading', { name: 'gpu-rack' }).waitFor()
  })

  it('archives a cluster by keyboard, once somebody has said yes', async () => {
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
  })

  it('has said nothing that a page must not say', () => {
    expect(complaints).toEqual([])
  })

  /** A page in both themes and on a phone: nothing to complain about for those who see badly or use a keyboard. */
  async function take(name: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expectAccessible(page)
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`), fullPage: true })
    }
    await page.setViewportSize({ width: 390, height: 800 })
    expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(390)
    await page.screenshot({ path: join(pictures, `${name}-phone.png`), fullPage: true })
    await page.setViewportSize({ width: 1280, height: 900 })
  }
})
