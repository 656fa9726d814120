import { describe, expect, it } from 'vitest'
import { renderErrorObject } from '../../../errors/render.ts'
import { buildEvidence } from '../../../evidence/build.ts'
import { gpuFacts } from '../../../evidence/testing/facts.ts'
import { errorOfFindings } from '../../../harness/judge-findings.ts'
import { truncate, visibleLength, wrapWords } from '../../shared/text-layout.ts'
import { createJsonView } from './json.ts'
import { createPlainView } from './plain.ts'
import { applyEvent, secondsLeft, startProgress } from './run-progress.ts'
import { chooseGlyphs, createStyle, usesColor } from './style.ts'
import { nextCommand, renderSummary } from './summary.ts'
import { FINISHED_TRIAL, FORWARD, INTERRUPTED, outcome, progress, RUN_ID, type Script } from './testing/events.ts'
import { chooseView } from './view.ts'

const look = { style: createStyle(false), glyphs: chooseGlyphs({ LANG: 'C.UTF-8' }, 'linux') }

const PLACE = { width: 80, program: 'radix' }

function playPlain(script: Script): string {
  let nowMs = 0
  const lines: string[] = []
  const view = createPlainView({
    write: (line) => lines.push(line),
    clock: { monotonicMs: () => nowMs },
    look,
    finish: () => {},
  })
  for (const [atMs, event] of script) {
    nowMs = atMs
    view.observe(event)
  }
  return lines.join('\n')
}

it.each([
  ['json', true, true, {}],
  ['terminal', false, true, { TERM: 'xterm-256color' }],
  ['plain', false, false, { TERM: 'xterm' }],
  ['plain', false, true, { TERM: 'dumb' }],
  ['plain', false, true, { TERM: 'xterm', CI: 'true' }],
  ['terminal', false, true, { TERM: 'xterm', CI: 'false' }],
] as const)('chooses %s (json %s, terminal %s, %j)', (kind, json, isTerminal, env) => {
  expect(chooseView({ json, isTerminal, env })).toBe(kind)
})

it.each([
  [true, true, { TERM: 'xterm' }],
  [false, true, { NO_COLOR: '1' }],
  [true, true, { NO_COLOR: '' }],
  [false, true, { TERM: 'dumb' }],
  [false, false, {}],
])('uses colours: %s (terminal %s, %j)', (expected, isTerminal, env) => {
  expect(usesColor(isTerminal, env)).toBe(expected)
})

describe('plain lines', () => {
  it('report each event on one line', async () => {
    await expect(playPlain([...FORWARD, ...INTERRUPTED])).toMatchFileSnapshot('testdata/plain.txt')
  })

  it('show progress every few seconds and at a change of phase only', () => {
    const many: Script = Array.from({ length: 100 }, (_, i) => [i * 100, progress('train', i, i / 10)])
    const lines = playPlain([...FORWARD.slice(0, 11), ...many])
      .split('\n')
      .filter((line) => line.includes('train'))
    expect(lines).toHaveLength(2)
  })

  it('do not let text from a machine look like an event', () => {
    const fake = 'train\n[     9.0 s] run-trials: succeeded in 1.00 s'
    const warning: Script = [[5000, { type: 'warning', message: `odd\n${fake}` }]]
    const text = playPlain([...FORWARD.slice(0, 11), [3000, progress(fake, null, 1)], ...warning])
    expect(text.split('\n').filter((line) => /^\[ *\d+\.\d s\] run-trials: succeeded/.test(line))).toEqual([])
    expect(text).toContain('train [ 9.0 s] run-trials: succeeded')
  })

  it('give the number of each trial', () => {
    expect(playPlain([...FORWARD, ...FINISHED_TRIAL])).toContain('trial 1/2: 343.2 images/s')
  })
})

it('prints only the outcome for a program', () => {
  const lines: string[] = []
  const documents: unknown[] = []
  const clock = { monotonicMs: () => 0 }
  const view = createJsonView({
    write: (line) => lines.push(line),
    clock,
    look,
    printJson: (each) => documents.push(each),
  })
  for (const [, event] of FORWARD) view.observe(event)
  expect(documents).toEqual([])
  view.finish(outcome())
  expect(documents).toEqual([outcome()])
  expect(lines.length).toBeGreaterThan(5)
})

describe('the time left', () => {
  it('depends only on the pace of the timed steps', () => {
    let state = startProgress(0)
    for (const [atMs, event] of FORWARD) state = applyEvent(state, event, atMs)
    // 50 steps in 5 s: 140 are left.
    expect(state.trial && secondsLeft(state.trial)).toBeCloseTo(14)
  })

  it('is unknown before there is a pace', () => {
    const state = applyEvent(startProgress(0), progress('train', 10, 3), 0)
    expect(state.trial && secondsLeft(state.trial)).toBeNull()
  })
})

it('shows the earlier steps of a resumed run as done', () => {
  let state = startProgress(0)
  for (const [, event] of FORWARD.slice(0, 1)) state = applyEvent(state, event, 0)
  state = applyEvent(state, { type: 'step-started', step: 'run-trials' }, 0)
  expect(state.steps.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded', 'running', 'pending'])
})

describe('the summary', () => {
  it('of a successful run', async () => {
    const evidence = buildEvidence(gpuFacts())
    await expect(renderSummary(outcome(), { evidence, problem: null }, look, PLACE)).toMatchFileSnapshot(
      'testdata/summary-good.txt',
    )
  })

  it('of a run whose machine may still exist', async () => {
    const bad = outcome({
      status: 'termination_unconfirmed',
      verdict: { level: 'invalid', reasons: [{ code: 'run_failed', message: 'The run ended as failed.' }] },
      throughput: null,
      duration_seconds: null,
      termination: {
        confirmed: false,
        state: 'unconfirmed',
        machine_id: 'm-1',
        confirmed_at: null,
        proof: 'none: no answer',
      },
      pending: [{ step: 'launch-machine', reason: 'TERMINATION_UNCONFIRMED: no answer' }],
      error: { code: 'TERMINATION_UNCONFIRMED', title: 'Instance termination failed', why: 'No answer.', fix: 'Look.' },
      evidence_path: null,
    })
    await expect(renderSummary(bad, { evidence: null, problem: null }, look, PLACE)).toMatchFileSnapshot(
      'testdata/summary-bad.txt',
    )
    expect(nextCommand(bad, 'radix')).toBe(`radix bench cleanup ${RUN_ID}`)
  })
})

it.each([60, 80])('the summary breaks no word at %s columns, and keeps commands whole', (width) => {
  const message =
    'the standard deviation over the mean of the trials is 7.2 %, and 3 % is the limit of this rule '.repeat(3)
  const suspect = outcome({ verdict: { level: 'suspect', reasons: [{ code: 'spread_high', message }] } })
  const text = renderSummary(suspect, { evidence: null, problem: null }, look, { width, program: './radix' })
  const lines = text.split('\n')
  const wrapped = lines.filter((line) => !/^ {2}(Evidence|Next|Machine)|^Run /.test(line))
  expect(Math.max(...wrapped.map((line) => line.length))).toBeLessThanOrEqual(width)
  expect(text.replaceAll(/\s+/g, ' ')).toContain(message.trim())
  expect(lines.at(-1)).toContain(`./radix bench show ${RUN_ID}`)
})

it.each([60, 80])('shows each of several findings with its fix on its own line at %i columns', (width) => {
  const finding = (code: 'COST_LIMIT' | 'FILE_NOT_WRITABLE') => ({
    code,
    severity: 'error' as const,
    message: 'the words of a finding that is longer than a line of the terminal is wide',
    fix: 'Type `radix bench run --ttl-minutes 10`, or something else that is as long as this.',
  })
  const error = renderErrorObject(errorOfFindings([finding('COST_LIMIT'), finding('FILE_NOT_WRITABLE')]))
  const text = renderSummary(outcome({ error, evidence_path: null }), { evidence: null, problem: null }, look, {
    width,
    program: './radix',
  })
  const wrapped = text.split('\n').filter((line) => !line.startsWith('  Next'))
  for (const line of wrapped) expect(line.length).toBeLessThanOrEqual(width)
  expect(text).toMatch(/^ {15}COST_LIMIT: the words/m)
  expect(text).toMatch(/^ {17}fix: Type/m)
  expect(text).toContain('`./radix bench run --ttl-minutes 10`')
  expect(text).toMatch(/^ {15}FILE_NOT_WRITABLE: the words/m)
})

it('does not name the command that shows it', () => {
  const shown = renderSummary(outcome(), { evidence: null, problem: null }, look, { ...PLACE, showsNext: false })
  expect(shown).not.toContain('Next')
})

it('distinguishes a note from a reason for the verdict', () => {
  const evidence = buildEvidence(gpuFacts({ trials: gpuFacts().trials.slice(0, 1) }))
  evidence.verdict = { level: 'valid', reasons: [{ code: 'one_trial', level: 'note', message: 'A single trial.' }] }
  const text = renderSummary(outcome(), { evidence, problem: null }, look, PLACE)
  expect(text).toMatch(/^ {2}Note +one_trial: A single trial\.$/m)

  const reasons = [{ code: 'one_trial', message: 'A single trial.' }]
  const ofEarlierVersion = outcome({ verdict: { level: 'valid', reasons } })
  expect(renderSummary(ofEarlierVersion, { evidence, problem: null }, look, PLACE).split('one_trial')).toHaveLength(2)
})

it('wraps between words', () => {
  expect(wrapWords('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapWords('onetwothree', 4)).toEqual(['onetwothree'])
  expect(wrapWords('one two', Number.POSITIVE_INFINITY)).toEqual(['one two'])
  expect(wrapWords('run `a b c` now', 9)).toEqual(['run', '`a b c`', 'now'])
  expect(wrapWords('run `a b c` now', 5)).toEqual(['run', '`a b', 'c`', 'now'])
})

describe('truncate', () => {
  it('counts visible characters, and closes open styles', () => {
    const painted = createStyle(true).red('abcdef')
    expect(truncate(painted, 6, '…')).toBe(painted)
    const cut = truncate(painted, 4, '…')
    expect(visibleLength(cut)).toBe(4)
    expect(cut).toBe('\x1b[31mabc…\x1b[0m')
    expect(truncate('abc', 0, '…')).toBe('')
    expect(truncate('40.9 images/s · 12 s left', 20, '…')).toBe('40.9 images/s · 12…')
    expect(truncate('40.9 images/s', 8, '…')).toBe('40.9…')
    expect(truncate(`x ${'y'.repeat(40)}`, 30, '…')).toBe(`x ${'y'.repeat(27)}…`)
  })
})
