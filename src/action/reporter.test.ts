import { expect, it } from 'vitest'
import { Reporter } from './reporter.ts'
import type { Toolkit } from './runner.ts'

const EVIL = 'a\n::add-mask::b ##[group]c\x1b]52;c;eA==\x07d\x9b2J'

it('passes no workflow command in outside text to the runner', () => {
  const given: unknown[] = []
  const keep = (...values: unknown[]) => void given.push(...values)
  const summary = { write: () => Promise.reject(new Error(EVIL)) }
  const reporter = new Reporter({
    info: keep,
    error: keep,
    warning: keep,
    setOutput: keep,
    startGroup: keep,
    summary,
  } as unknown as Toolkit)
  reporter.info(EVIL)
  expect(given.join('\n')).not.toMatch(/^\s*::|##\[/m)
  reporter.annotate('error', EVIL, EVIL)
  reporter.setOutput('name', EVIL)
  reporter.startGroup(EVIL)
  expect(given.at(-1)).not.toContain('\n')
  return reporter
    .writeSummary(() => summary as never)
    .then(() => {
      expect(given.length).toBeGreaterThan(7)
      expect(JSON.stringify(given)).not.toMatch(/\\u001b|\\u0007|[\x80-\x9f]/)
    })
})

it('passes an output unchanged, so that a later step finds the file at that path', () => {
  const outputs: Record<string, unknown> = {}
  const setOutput = (name: string, value: unknown) => {
    outputs[name] = value
  }
  new Reporter({ setOutput } as unknown as Toolkit).setOutput('evidence-path', ' /tmp/my  runs\ta/evidence.json')
  expect(outputs).toEqual({ 'evidence-path': ' /tmp/my  runs\ta/evidence.json' })
})
