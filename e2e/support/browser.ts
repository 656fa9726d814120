/**
 * A real Chromium, for tests of the dashboard: headless, with nothing that it would fetch by itself. `npm test` installs
 * one (tools/setup/test-tools.mjs); RADIX_CHROMIUM names another.
 */
import { accessSync, constants } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { RunOptions } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { isFullRun } from './full-run.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const QUIET = ['--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** `describe` for tests that need a browser: skipped where there is none, said loudly; never skipped where CI is set. */
export function describeWithBrowser(name: string, tests: () => void): void {
  if (findChromium() || process.env.CI) return void describe(name, tests)
  process.stderr.write(`\n*** SKIPPED for want of Chromium: ${name}. Run \`npm test\`, which installs it. ***\n\n`)
  describe.skip(name, tests)
}

export async function startBrowser(): Promise<Browser> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('there is no Chromium: run `npm test`, or set RADIX_CHROMIUM')
  // Its own sandbox needs rights that containers do not give; it sees nothing but the dashboard.
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...QUIET] })
}

/** What a page must never say: an exception, or something that its content security policy refused. */
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => void complaints.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/i.test(message.text())) complaints.push(message.text())
  })
  return complaints
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** The rules of axe-core: all of them, the one about colours alone, or all but that one, which takes the longest. */
type Rules = 'all' | 'colours' | 'structure'
const RULES_OF = {
  all: {},
  colours: { runOnly: ['color-contrast'] },
  structure: { rules: { 'color-contrast': { enabled: false } } },
} as const satisfies Record<Rules, RunOptions>

/** The page as it is. */
export async function expectAccessible(page: Page, rules: Rules = 'all'): Promise<void> {
  if (!(await page.evaluate(`'axe' in globalThis`))) await page.evaluate(await readFile(AXE, 'utf8'))
  const violations = await page.evaluate(async (options: RunOptions) => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(options)
    return violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))
  }, RULES_OF[rules])
  expect(violations, page.url()).toEqual([])
}

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
  return process.env.RADIX_CHROMIUM || candidates.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const PHONE = { width: 390, height: 800 }
export const DESK = { width: 1280, height: 900 }
const PICTURES = join(import.meta.dirname, '..', '..', '.radix', 'pictures')

/**
 * A page as it is looked at: nothing to complain about for those who see badly or use a keyboard, and nothing that scrolls
 * sideways on a phone, which has the colours of the desk. `npm run test:full` looks at all `themes` and leaves pictures in
 * `.radix/pictures`; otherwise the first of them is looked at.
 */
export async function expectGoodView(
  page: Page,
  name: string,
  themes: readonly ('light' | 'dark')[] = ['light', 'dark'],
): Promise<void> {
  const takePicture = async (kind: string) => {
    if (isFullRun) await page.screenshot({ path: join(PICTURES, `${name}-${kind}.png`), fullPage: true })
  }
  for (const [index, colorScheme] of (isFullRun ? themes : themes.slice(0, 1)).entries()) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page, index === 0 ? 'all' : 'colours')
    await takePicture(colorScheme)
  }
  await page.setViewportSize(PHONE)
  if (isFullRun) await expectAccessible(page, 'structure')
  expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(PHONE.width)
  await takePicture('phone')
  await page.setViewportSize(DESK)
}

/** One answer of the API after the other, as over a slow line: a page that is laid out before it knows enough shows it. */
export async function answerOneByOne(page: Page, pauseMs = 100): Promise<void> {
  let last = Promise.resolve()
  await page.route('**/v1/**', async (route) => {
    last = last.then(() => setTimeout(pauseMs))
    await last
    // Meanwhile the page may have been left, and its requests with it.
    await route.continue().catch(() => {})
  })
}

/** The limit of a good layout shift: https://web.dev/articles/cls */
export const GOOD_LAYOUT_SHIFT = 0.1

/** How much moved by itself since the page began. */
export async function readLayoutShift(page: Page): Promise<number> {
  return Number(
    await page.evaluate(`new Promise((resolve) => {
      let sum = 0
      const observer = new PerformanceObserver((list) => {
        for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) sum += value
      })
      observer.observe({ type: 'layout-shift', buffered: true })
      setTimeout(() => resolve(sum), 100)
    })`),
  )
}
