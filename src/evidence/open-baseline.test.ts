import { describe, expect, it } from 'vitest'
import { makeBaseline } from './compare/baseline.ts'
import { openBaseline } from './open-baseline.ts'
import { signBaseline, signEvidence } from './signature/sign.ts'
import { runEvidence } from './testing/runs.ts'
import { testSigner } from './testing/signing-key.ts'

const evidence = runEvidence(1, [343.2, 342.1, 344.6])
const baseline = makeBaseline(evidence, 'NAME')
const signed = signBaseline(baseline, testSigner())
const place = 'baseline.json'

describe('openBaseline', () => {
  it('opens what is as it was signed', () => {
    expect(openBaseline({ document: signed, place })).toEqual({ baseline, unverified: null })
  })

  it.each([
    ['a changed number', { ...signed, throughputs: [200] }, 'BASELINE_CHANGED'],
    ['a changed run', { ...signed, run_id: 'run_2' }, 'BASELINE_CHANGED'],
    ['an unknown member', { ...signed, more: 1 }, 'BASELINE_CHANGED'],
    [
      'the signature of its evidence',
      { ...baseline, signature: signEvidence(evidence, testSigner()).signature },
      'BASELINE_CHANGED',
    ],
    ['no signature', baseline, 'BASELINE_NOT_SIGNED'],
    ['something else', { schema: 'other' }, 'BASELINE_INVALID'],
    ['no object', 7, 'BASELINE_INVALID'],
  ])('refuses %s', (_, document, code) => {
    expect(() => openBaseline({ document, place })).toThrow(expect.objectContaining({ code }))
  })

  it('opens the same by an explicit wish, and says what it is', () => {
    const document = { ...signed, throughputs: [200] }
    const opened = openBaseline({ document, place }, { allowUnverified: true })
    expect(opened.unverified).toBe('BASELINE_CHANGED: baseline.json: the document differs from what was signed.')
    expect(opened.baseline.throughputs).toEqual([200])
  })
})
