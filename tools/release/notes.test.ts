import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readReleaseNotes } from './notes.ts'

const CHANGELOG = `# Changelog

## 0.2.0 (2026-11-30)

### Fixed

- The second.

## 0.1.0 (unreleased)

- The first.

## 0.0.1 (2026-01-01)

`

describe('the notes of a release', () => {
  it.each([
    ['0.2.0', true, '### Fixed\n\n- The second.\n'],
    ['0.1.0', false, '- The first.\n'],
  ])('%s are its section of the changelog', (version, needsDate, notes) => {
    expect(readReleaseNotes(CHANGELOG, version, { needsDate })).toBe(notes)
  })

  it.each([
    ['0.3.0', true, /no section "## 0\.3\.0 \(date\)"/],
    ['0.1.0', true, /"## 0\.1\.0 \(unreleased\)"/],
    ['0.0.1', true, /is empty/],
    ['0.2', true, /no section/],
  ])('%s are refused with the reason', (version, needsDate, reason) => {
    expect(() => readReleaseNotes(CHANGELOG, version, { needsDate })).toThrow(reason)
  })

  it('exist for the version of package.json', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(readReleaseNotes(readFileSync('CHANGELOG.md', 'utf8'), version, { needsDate: false })).not.toBe('')
  })
})
