import { expect, it } from 'vitest'
import type { RunOutcome } from '../../../harness/events.ts'
import { chooseGlyphs, createStyle } from './style.ts'
import { createTerminalView } from './terminal.ts'
import { FORWARD, INTERRUPTED, outcome, RUN_ID, type Script } from './testing/events.ts'
import { FakeTerminal } from './testing/fake-terminal.ts'

interface Options {
  color?: boolean
  env?: Record<string, string>
}

function setUp(terminal = new FakeTerminal(), { color = false, env = { LANG: 'C.UTF-8' } }: Options = {}) {
  let nowMs = 0
  let tick = () => {}
  const printed: string[] = []
  const view = createTerminalView({
    stream: terminal,
    print: (text) => printed.push(text),
    clock: { monotonicMs: () => nowMs },
    look: { style: createStyle(color), glyphs: chooseGlyphs(env, 'linux') },
    place: () => ({ width: 80, program: 'radix' }),
    readDetails: (_: RunOutcome) => ({ evidence: null, problem: null }),
    every: (_, callback) => {
      tick = callback
      return () => {
        tick = () => {}
      }
    },
  })
  const play = (script: Script) => {
    for (const [atMs, event] of script) {
      nowMs = atMs
      view.observe(event)
    }
    tick()
  }
  const advance = (durationMs: number) => {
    nowMs += durationMs
  }
  return { terminal, view, printed, play, tick: () => tick(), advance }
}

it('shows the steps, and the running trial', async () => {
  const { terminal, play } = setUp()
  play(FORWARD)
  await expect(terminal.picture).toMatchFileSnapshot('testdata/forward.txt')
})

it('shows the clean-up', async () => {
  const { terminal, play } = setUp()
  play([...FORWARD, ...INTERRUPTED])
  await expect(terminal.picture).toMatchFileSnapshot('testdata/interrupted.txt')
})

it('uses ASCII when the locale has no UTF-8', async () => {
  const { terminal, play } = setUp(undefined, { env: { LANG: 'C' } })
  play(FORWARD)
  await expect(terminal.picture).toMatchFileSnapshot('testdata/ascii.txt')
  expect(terminal.picture).not.toMatch(/[^\n -~]/)
})

it('cuts lines to a narrow terminal, and redraws wrapped lines after a resize', () => {
  const { terminal, play } = setUp()
  play(FORWARD)
  terminal.resize(50)
  const lines = terminal.picture.split('\n')
  expect(lines.every((line) => line.length <= 50)).toBe(true)
  expect(lines.filter((line) => line.includes('run-trials'))).toHaveLength(1)
  expect(lines.filter((line) => line.includes(RUN_ID))).toHaveLength(1)
})

it('keeps the changing lines visible on a low terminal', () => {
  const terminal = new FakeTerminal(100, 4)
  const { play } = setUp(terminal)
  play(FORWARD)
  const lines = terminal.picture.split('\n').slice(-3)
  expect(lines.join('\n')).toContain('step 60/200')
})

it('does not write when nothing has changed, and moves when time passes', () => {
  const { terminal, play, tick, advance } = setUp()
  play(FORWARD)
  const { writes } = terminal
  tick()
  expect(terminal.writes).toBe(writes)
  advance(200)
  tick()
  expect(terminal.writes).toBe(writes + 1)
})

it('prints warnings above the view', () => {
  const { terminal, play } = setUp()
  play(FORWARD)
  expect(terminal.picture.split('\n')[0]).toBe('warning no GPU was found on this machine')
})

it('restores the terminal at the end, and prints the summary once', () => {
  const { terminal, view, printed, play } = setUp()
  play(FORWARD)
  expect(terminal.cursorVisible).toBe(false)
  view.finish(outcome())
  view.close()
  expect(terminal.cursorVisible).toBe(true)
  expect(terminal.listenerCount).toBe(0)
  expect(printed).toHaveLength(1)
  expect(printed[0]).toContain('343.3 images/s')
})

it('lets no message control the terminal', () => {
  const { terminal, play } = setUp()
  play(FORWARD.slice(0, 7))
  play([
    [300, { type: 'step-progress', step: 'launch-machine', message: '\x1b[2J\x1b]0;title\x07gone\r\n\x1b[31mred' }],
  ])
  expect(terminal.picture).toContain('gone red')
})
