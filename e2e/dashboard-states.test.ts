/**
 * Every page of the dashboard in each of its states, with a mock control plane (dashboard/mock): full,
 * empty, in trouble, failing and slow. Each is accessible, fits a phone, and shifts no layout.
 */
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { type PreviewServer, preview } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ScenarioName } from '../dashboard/mock/scenarios.ts'
import {
  answerOneByOne,
  collectComplaints,
  DESK,
  describeWithBrowser,
  expectGoodView,
  GOOD_LAYOUT_SHIFT,
  readLayoutShift,
  startBrowser,
} from './support/browser.ts'

const ROOT = join(import.meta.dirname, '..', 'dashboard')
const LISTS = ['/clusters', '/runs', '/trends', '/machines', '/api-keys', '/team', '/audit'] as const

const Ids = z.object({
  items: z.array(
    z.object({
      name: z.string().nullish(),
      run_id: z.string().nullish(),
      cluster_id: z.string().nullish(),
      job_id: z.string().optional(),
    }),
  ),
})

describeWithBrowser('the states of the dashboard', () => {
  let server: PreviewServer
  let origin: string
  let browser: Browser
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    server = await preview({
      root: ROOT,
      configFile: join(ROOT, 'vite.config.ts'),
      mode: 'mock',
      logLevel: 'error',
      preview: { port: 0, host: '127.0.0.1' },
    })
    origin = new URL(server.resolvedUrls?.local[0] ?? '').origin
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  /** A new browser context, without any stored state. */
  async function openPage(): Promise<void> {
    await page?.context().close()
    const context = await browser.newContext({
      baseURL: origin,
      viewport: { width: 1280, height: 900 },
    })
    page = await context.newPage()
    page.setDefaultTimeout(20_000)
    complaints = collectComplaints(page)
  }

  /** Tests share a page: a new one takes longer than most of them. */
  beforeEach(async () => {
    if (!page) await openPage()
    complaints.length = 0
    await page.unrouteAll()
    await page.setViewportSize(DESK)
    await page.emulateMedia({ colorScheme: 'light' })
  })

  const show = async (scenario: ScenarioName, path: string) => {
    await page.context().addCookies([{ name: 'scenario', value: scenario, url: origin }])
    await page.goto(path)
  }
  const look = async (name: string, themes?: readonly ('light' | 'dark')[]) => {
    await expectGoodView(page, name, themes)
    expect(complaints).toEqual([])
  }
  const nameOf = (path: string) => path.slice(1)

  it.each(LISTS)('%s with much data', async (path) => {
    await answerOneByOne(page)
    await show('busy', path)
    await page.getByRole('row').nth(1).waitFor()
    expect(await readLayoutShift(page)).toBeLessThan(GOOD_LAYOUT_SHIFT)
    await page.setViewportSize({ width: 2560, height: 1300 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(2560)
    await page.setViewportSize(DESK)
    await look(`${nameOf(path)}-busy`)
  })

  it.each([
    ['/clusters', 'No clusters yet.', 'radix bench run'],
    ['/runs', 'No runs yet.', 'radix bench run --trials 3'],
    ['/trends', 'No measurements in this period.', 'start a benchmark'],
    ['/machines', 'No machines are known to be running.', 'radix reap --apply --watch'],
    ['/api-keys', 'No API keys yet.', 'Create API key'],
    ['/team', 'No members yet.', 'once they have signed in'],
    ['/audit', 'No entries yet.', 'is listed here'],
  ])('%s says what to do when it is empty', async (path, what, remedy) => {
    await show('empty', path)
    await page.getByText(what).waitFor()
    await page.getByText(remedy).first().waitFor()
    await look(`${nameOf(path)}-empty`)
  })

  it('disables what the role does not allow, and says why', async () => {
    await show('viewer', '/api-keys')
    const create = page.getByRole('button', { name: 'Create API key' })
    await create.waitFor()
    expect(await create.isDisabled()).toBe(true)
    expect(await create.getAttribute('title')).toBe('This needs the role admin. Your role is viewer.')
    expect(await page.getByRole('link', { name: 'Team' }).count()).toBe(0)
    await look('api-keys-viewer', ['light'])
    await page.goto('/clusters')
    expect(await page.getByRole('button', { name: 'Create cluster' }).isDisabled()).toBe(true)
    await page.goto('/audit')
    await page.getByText('This needs the role admin.').waitFor()
  })

  it.each(LISTS)('%s says what failed, and retries on request', async (path) => {
    await show('failing', path)
    const problem = page.getByRole('alert').filter({ hasText: 'INTERNAL' }).first()
    await problem.getByText('Fix:').waitFor()
    await look(`${nameOf(path)}-failing`, ['light'])
    await page.context().addCookies([{ name: 'scenario', value: 'busy', url: origin }])
    await problem.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('row').nth(1).waitFor()
  })

  it.each(LISTS)('%s keeps its layout while it loads', async (path) => {
    await show('slow', path)
    await page.locator('.skeleton').first().waitFor()
    await page.getByRole('link', { name: 'Runs', exact: true }).waitFor()
    await look(`${nameOf(path)}-slow`, ['dark'])
  })

  it.each(['/clusters', '/runs', '/api-keys'])('%s has rows as high as their placeholders', async (path) => {
    const readHeights = async (scenario: ScenarioName, rows: string) => {
      await show(scenario, path)
      await page.locator(rows).first().waitFor()
      return page.locator(rows).evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height))
    }
    const [placeHeight = 0] = await readHeights('slow', 'tbody tr.skeleton')
    const [rowHeight = 0] = await readHeights('busy', 'tbody tr:not(.skeleton)')
    expect(Math.abs(placeHeight - rowHeight)).toBeLessThan(1)
  })

  it('sorts a list by keyboard, with missing numbers last', async () => {
    await show('busy', '/runs')
    await page.getByRole('row').nth(1).waitFor()
    const heading = page.getByRole('columnheader', { name: 'Throughput' })
    const readColumn = () => page.locator('td[data-heading="Throughput"]').allInnerTexts()
    const readNumbers = async () =>
      (await readColumn()).map((text) => Number.parseFloat(text.replaceAll(',', ''))).filter((value) => value >= 0)
    const asServed = await readColumn()
    await heading.getByRole('button').focus()
    await page.keyboard.press('Enter')
    expect(await heading.getAttribute('aria-sort')).toBe('descending')
    expect(await readNumbers()).toEqual((await readNumbers()).toSorted((a, b) => b - a))
    expect((await readColumn()).at(-1)).toBe('–')
    await page.keyboard.press('Enter')
    expect(await heading.getAttribute('aria-sort')).toBe('ascending')
    expect(await readNumbers()).toEqual((await readNumbers()).toSorted((a, b) => a - b))
    expect((await readColumn()).at(-1)).toBe('–')
    await page.keyboard.press('Enter')
    expect(await readColumn()).toEqual(asServed)
  })

  it('keeps the header of a list visible, and hides minor columns on a narrow screen', async () => {
    await show('busy', '/runs')
    const list = page.getByRole('region', { name: 'Runs' })
    const cost = page.getByRole('columnheader', { name: 'Cost' })
    await cost.waitFor()
    await list.focus()
    await page.keyboard.press('End')
    await list.getByRole('row').last().scrollIntoViewIfNeeded()
    expect(await list.evaluate((element) => element.scrollTop)).toBeGreaterThan(0)
    const [top, headTop] = [(await list.boundingBox())?.y, (await cost.boundingBox())?.y]
    expect(Math.abs((headTop ?? 0) - (top ?? 0))).toBeLessThanOrEqual(2)
    await page.setViewportSize({ width: 900, height: 900 })
    await cost.waitFor({ state: 'detached' })
  })

  it.each(['/machines', '/runs'])('%s when a machine was left running', async (path) => {
    await show('trouble', path)
    if (path === '/machines') await page.getByText(/^\$3\.1\d$/).waitFor()
    await page.getByRole('link', { name: /^Machines 2 past the deadline$/ }).waitFor()
    await page.getByRole('row').nth(1).waitFor()
    await look(`${nameOf(path)}-trouble`)
  })

  const readIds = async (list: string) => {
    const response = await fetch(`${origin}/v1/${list}`)
    return Ids.parse(await response.json()).items
  }

  it('a cluster at work, with eight GPUs', async () => {
    await answerOneByOne(page)
    const [, rack] = await readIds('clusters')
    await show('busy', `/clusters/${rack?.cluster_id}`)
    await page.getByRole('img', { name: /^Power over time, now \d/ }).waitFor()
    await page.getByText('sw_thermal_slowdown').waitFor()
    expect(await readLayoutShift(page)).toBeLessThan(GOOD_LAYOUT_SHIFT)
    await look('cluster-busy')
  })

  it('a job that runs on eight GPUs, and one that has ended', async () => {
    await answerOneByOne(page)
    const [, rack] = await readIds('clusters')
    const jobs = await readIds(`clusters/${rack?.cluster_id}/jobs`)
    const names = { running: jobs[0], ended: jobs.at(-1) }
    for (const [name, job] of Object.entries(names)) {
      await show('busy', `/clusters/${rack?.cluster_id}/jobs/${job?.job_id}`)
      await page.getByRole('img', { name: /^Power over time, now \d/ }).waitFor()
      expect(await readLayoutShift(page), name).toBeLessThan(GOOD_LAYOUT_SHIFT)
      await look(`job-${name}`)
    }
  })

  it('a job stays live when its cluster cannot be read', async () => {
    let refusals = 0
    await page.route(/\/v1\/clusters\/[^/?]+$/, async (route) => {
      refusals++
      await route.fulfill({ status: 404, contentType: 'application/problem+json', body: '{}' })
    })
    const [, rack] = await readIds('clusters')
    const [job] = await readIds(`clusters/${rack?.cluster_id}/jobs`)
    await show('busy', `/clusters/${rack?.cluster_id}/jobs/${job?.job_id}`)
    const log = await page.getByRole('log').elementHandle()
    const before = refusals
    await expect.poll(() => refusals, { timeout: 20_000 }).toBeGreaterThan(before)
    // The same element: nothing was replaced meanwhile.
    expect(await log?.evaluate((element) => (element as unknown as { isConnected: boolean }).isConnected)).toBe(true)
    await page.getByRole('img', { name: /^Power over time, now \d/ }).waitFor()
  })

  it('runs in progress, failed, on a CPU, and successful', async () => {
    await answerOneByOne(page)
    const runs = await readIds('runs')
    const names = ['running', 'cpu', 'failed', 'good']
    for (const [index, name] of names.entries()) {
      await show('busy', `/runs/${runs[index]?.run_id}`)
      await page.getByRole('heading', { name: 'Timeline' }).waitFor()
      if (name !== 'running')
        await page.getByRole('region', { name: 'Signature' }).getByText('Signed by SHA256:').waitFor()
      expect(await readLayoutShift(page), name).toBeLessThan(GOOD_LAYOUT_SHIFT)
      await look(`run-${name}`)
    }
  })

  it('evidence that was changed after it was signed', async () => {
    const runs = await readIds('runs')
    await show('trouble', `/runs/${runs[3]?.run_id}`)
    await page.getByRole('alert').getByText('the evidence was changed after it was signed').waitFor()
    const evidence = page.getByRole('region', { name: 'Evidence' })
    expect(await evidence.locator('.headline s').innerText()).toMatch(/images\/s$/)
    expect(await page.getByText('This result can be used').count()).toBe(0)
    expect(await page.locator('.verdict .status.good').count()).toBe(0)
    await look('run-tampered')
    const ids = [3, 4, 5].map((index) => runs[index]?.run_id)
    await show('trouble', `/compare?runs=${ids.join(',')}`)
    await page.getByText('excluded: the signature of its evidence is not valid').waitFor()
    await page.getByRole('columnheader', { name: /^B/ }).waitFor()
    expect(await page.getByRole('columnheader', { name: /^C/ }).count()).toBe(0)
  })

  it('a comparison across machines, and one of too few runs', async () => {
    const runs = (await readIds('runs')).slice(3).map(({ run_id }) => run_id)
    await show('busy', `/compare?runs=${runs[0]},${runs[1]},${runs[2]}`)
    await page.getByRole('region', { name: 'Side by side' }).waitFor()
    await look('compare-busy')
    await show('busy', `/compare?runs=${runs[0]}`)
    await page.getByText('Select at least two runs to compare.').waitFor()
    await look('compare-one')
  })

  describe('without all of its parts', () => {
    beforeEach(openPage)
    afterEach(openPage)

    it('shows pages that were not visited before while the server is down', async () => {
      await show('busy', '/clusters')
      await page.getByRole('row').nth(1).waitFor()
      await page.waitForLoadState('networkidle').catch(() => {})
      await page.context().setOffline(true)
      for (const name of ['Runs', 'Trends', 'Machines', 'API keys']) {
        await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
        await page.getByRole('heading', { name, level: 1 }).waitFor()
      }
    })

    it('shows an error page for a missing part, and recovers once the server is back', async () => {
      let isAway = true
      await page.route(/\/assets\/(runs|trends)-/, (route) => (isAway ? route.abort() : route.continue()))
      await show('busy', '/clusters')
      await page.getByRole('row').nth(1).waitFor()
      await page.route(`${origin}/`, (route) => (isAway ? route.abort() : route.continue()))
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Runs' }).click()
      await page.getByRole('alert').getByText('API_UNREACHABLE').waitFor()
      await page.getByRole('navigation', { name: 'Pages' }).waitFor()
      isAway = false
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor()
    })

    it('reloads once when a deployment has renamed its parts', async () => {
      let loads = 0
      page.on('load', () => void loads++)
      await page.route(/\/assets\/runs-/, (route) => route.fulfill({ status: 404, body: '' }))
      await show('busy', '/clusters')
      await page.getByRole('row').nth(1).waitFor()
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Runs' }).click()
      await page.getByRole('heading', { name: 'This page could not be shown' }).waitFor()
      expect(loads).toBe(2)
    })
  })

  it('does not start a benchmark that can only fail', async () => {
    const laptop = (await readIds('clusters?limit=20')).find(({ name }) => name === 'laptop')
    await show('busy', `/clusters/${laptop?.cluster_id}`)
    await page.getByRole('button', { name: 'Run benchmark' }).click()
    await page.getByRole('checkbox', { name: /Run on the CPU/ }).uncheck()
    await page.getByText('tick the box to start').waitFor()
    expect(await page.getByRole('button', { name: 'Start benchmark' }).isDisabled()).toBe(true)
    await page.getByRole('checkbox', { name: /Run on the CPU/ }).check()
    expect(await page.getByRole('button', { name: 'Start benchmark' }).isDisabled()).toBe(false)
  })

  it('says which step of a run failed, and what was cleaned up after it', async () => {
    const runs = await readIds('runs')
    await show('busy', `/runs/${runs[2]?.run_id}`)
    await page.getByText('at step launch-machine').waitFor()
    await page.getByText('cleaned up').waitFor()
    expect(await page.getByText('undone').count()).toBe(0)
  })

  it('can be used on every page with only the keyboard', async () => {
    await show('busy', '/clusters')
    await page.getByRole('row').nth(1).waitFor()
    for (const name of ['Runs', 'Trends', 'Machines', 'API keys']) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name, level: 1 }).waitFor()
      await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('page')
    }
  })
})
