import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../core/ids.ts'
import { ABSENT, found, type Lookup, unknown } from '../core/lookup.ts'
import type { ProcessIdentity } from '../system/process-table.ts'
import { openRunStore } from './journal/run-store.ts'
import { listRuns, lookAtRun } from './look-at-runs.ts'
import { runStarted, testConfig } from './testing/journal.ts'

const HOLDER = { pid: 4321, startTime: 'then' }

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'radix-look-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** A run in progress. `look` is the answer about the process that holds it. */
function leaveRun(look: Lookup<ProcessIdentity>) {
  const runId = newId('run')
  const store = openRunStore(directory, { self: () => HOLDER, find: () => look })
  const run = store.open(runId)
  run.append(runStarted({ runId, config: testConfig({ dataDir: directory, outputDirectory: directory }) }))
  return { runId, store }
}

describe('a run that has not ended', () => {
  it('was interrupted when its process has died, and needs a clean-up', () => {
    const { runId, store } = leaveRun(ABSENT)
    expect(lookAtRun(directory, runId, store)).toMatchObject({ wasInterrupted: true, needsCleanup: true })
  })

  it('is in progress while its process lives', () => {
    const { runId, store } = leaveRun(found(HOLDER))
    const view = lookAtRun(directory, runId, store)
    expect(view).toMatchObject({ wasInterrupted: false, needsCleanup: false, worker: found(HOLDER.pid) })
  })

  it('is neither when its process cannot be looked up', () => {
    const { runId, store } = leaveRun(unknown('/proc cannot be read'))
    const view = lookAtRun(directory, runId, store)
    expect(view).toMatchObject({ wasInterrupted: false, needsCleanup: false, worker: { outcome: 'unknown' } })
  })

  it('is neither when its lock cannot be read', () => {
    const { runId, store } = leaveRun(ABSENT)
    const lock = join(store.directory, runId, 'lock')
    rmSync(lock)
    mkdirSync(lock)
    const view = lookAtRun(directory, runId, store)
    expect(view).toMatchObject({ wasInterrupted: false, needsCleanup: false, worker: { outcome: 'unknown' } })
  })
})

it('distinguishes a damaged journal from an unreadable one', () => {
  const { runId: well, store } = leaveRun(ABSENT)
  const [damaged, headless, unreadable] = [newId('run'), newId('run'), newId('run')]
  for (const runId of [damaged, headless, unreadable]) mkdirSync(join(store.directory, runId))
  writeFileSync(join(store.directory, damaged, 'journal.jsonl'), 'garbage\n{}\n')
  const late = { type: 'step-started', at: '2026-03-02T09:00:00.000Z', step: 'preflight' }
  writeFileSync(join(store.directory, headless, 'journal.jsonl'), `${JSON.stringify(late)}\n`)
  // Unreadable for any user, root included.
  mkdirSync(join(store.directory, unreadable, 'journal.jsonl'))
  const listings = Object.fromEntries(listRuns(directory, store).map((listing) => [listing.runId, listing]))
  expect(listings[well]).toHaveProperty('view')
  expect(listings[damaged]).toMatchObject({ damage: expect.stringContaining('Line 1') })
  expect(listings[headless]).toMatchObject({ damage: expect.stringContaining('run-started') })
  expect(listings[unreadable]).toMatchObject({ unseen: { code: 'FILE_NOT_READABLE' } })
  expect(() => lookAtRun(directory, unreadable, store)).toThrow(expect.objectContaining({ code: 'FILE_NOT_READABLE' }))
  expect(() => lookAtRun(directory, headless, store)).toThrow(expect.objectContaining({ code: 'JOURNAL_DAMAGED' }))
})
