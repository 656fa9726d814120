import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openEvidence } from './open-evidence.ts'
import { signEvidence } from './signature/sign.ts'
import { runEvidence } from './testing/runs.ts'
import { testSigner } from './testing/signing-key.ts'

const evidence = runEvidence(1, [343.2, 342.1, 344.6])
const signed = signEvidence(evidence, testSigner())
const faster = structuredClone(signed)
if (faster.results.throughput) faster.results.throughput.mean *= 2

const place = 'evidence.json'

describe('openEvidence', () => {
  it('opens what is as it was signed', () => {
    expect(openEvidence({ document: signed, place })).toEqual({ evidence: signed, unverified: null })
  })

  it.each([
    ['a changed number', faster, 'EVIDENCE_CHANGED'],
    ['an unknown member', { ...signed, more: 1 }, 'EVIDENCE_CHANGED'],
    ['no signature', evidence, 'EVIDENCE_NOT_SIGNED'],
    ['something else as its signature', { ...evidence, signature: { by: 'me' } }, 'EVIDENCE_SIGNATURE_UNREADABLE'],
  ])('refuses %s by a code of its own', (_, document, code) => {
    expect(() => openEvidence({ document, place })).toThrow(expect.objectContaining({ code }))
  })

  it('refuses the evidence of another run', () => {
    const runId = 'run_01jdqk4e8f3q8k2c9v5w7x6y9z'
    expect(() => openEvidence({ document: signed, place, runId })).toThrow(`not of ${runId}`)
  })

  it('opens the same by an explicit wish, and says what it is', () => {
    const opened = openEvidence({ document: faster, place }, { allowUnverified: true })
    expect(opened.unverified).toBe('EVIDENCE_CHANGED: evidence.json: the document differs from what was signed.')
    expect(opened.evidence.results).toEqual(faster.results)
  })
})

it('is the one way in: nothing else parses evidence', () => {
  const root = join(import.meta.dirname, '..')
  const parses = /import \{[^}]*(?<!type )\bEvidence\b[^}]*\} from '[^']*\/evidence\.ts'|\bparseEvidence\b/
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.includes('.test.') && !path.includes('testing/'),
  )
  expect(files.filter((path) => parses.test(readFileSync(join(root, path), 'utf8'))).sort()).toEqual([
    // The control plane verifies what it stores.
    'control-plane/evidence/comparison.ts',
    'control-plane/evidence/evidence.ts',
    'evidence/open-evidence.ts',
    'evidence/parse-evidence.ts',
    // Makes it.
    'evidence/write.ts',
  ])
})
