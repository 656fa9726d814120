import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import type { JournalEntry } from './entry.ts'
import { JournalWriter, readJournal } from './journal.ts'
import { openRunStore } from './run-store.ts'

const runId = newId('run')
const at = '2026-03-02T09:00:00.000Z'
const entry = (step: 'authenticate' | 'preflight'): JournalEntry => ({ type: 'step-started', at, step })

let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'radix-journal-'))
  path = join(directory, 'journal.jsonl')
})
afterEach(() => rmSync(directory, { recursive: true }))

function write(...entries: JournalEntry[]): void {
  const writer = new JournalWriter(path, readJournal(path, runId)?.wholeBytes ?? 0)
  for (const each of entries) writer.append(each)
  writer.close()
}

describe('a journal', () => {
  it('that does not exist differs from an empty one', () => {
    expect(readJournal(path, runId)).toBeUndefined()
    writeFileSync(path, '')
    expect(readJournal(path, runId)).toEqual({ entries: [], wholeBytes: 0 })
  })

  it('returns the entries of several processes in order', () => {
    write(entry('authenticate'))
    write(entry('preflight'))
    expect(readJournal(path, runId)?.entries).toEqual([entry('authenticate'), entry('preflight')])
  })

  it.each(['{"type":"step-st', '{"type":"step-started"}\n', '\0\0\0\0\n'])(
    'drops an incomplete last entry (%j), and appends in its place',
    (torn) => {
      write(entry('authenticate'))
      appendFileSync(path, torn)
      expect(readJournal(path, runId)?.entries).toEqual([entry('authenticate')])
      write(entry('preflight'))
      expect(readJournal(path, runId)?.entries).toEqual([entry('authenticate'), entry('preflight')])
    },
  )

  it('that is damaged in the middle is refused with the line number', () => {
    write(entry('authenticate'), entry('preflight'))
    writeFileSync(path, `garbage\n${readFileSync(path, 'utf8')}`)
    expect(() => readJournal(path, runId)).toThrow(expect.objectContaining({ code: 'JOURNAL_DAMAGED' }))
    expect(() => readJournal(path, runId)).toThrow(/Line 1 of/)
  })
})

describe('a run store', () => {
  it('lets one process at a time hold a run, and names it', () => {
    const store = openRunStore(directory)
    const held = store.open(runId)
    expect(store.findHolder(runId)).toEqual({ outcome: 'found', value: process.pid })
    expect(() => store.open(runId)).toThrow(expect.objectContaining({ code: 'RUN_IN_PROGRESS' }))
    held.close()
    expect(store.findHolder(runId)).toEqual({ outcome: 'absent' })
    store.open(runId).close()
  })

  it('lists only runs', () => {
    const store = openRunStore(directory)
    expect(store.list()).toEqual([])
    const held = store.open(runId)
    writeFileSync(join(store.directory, 'notes.txt'), '')
    expect(store.list()).toEqual([runId])
    held.close()
  })

  it('reads no file outside its folder', () => {
    writeFileSync(path, '')
    expect(openRunStore(directory).read('../..')).toBeUndefined()
  })

  it('keeps a damaged journal under another name', () => {
    const held = openRunStore(directory).open(runId)
    held.append(entry('authenticate'))
    held.setJournalAside()
    expect(held.read()).toEqual([])
    held.append(entry('preflight'))
    expect(held.read()).toEqual([entry('preflight')])
    held.close()
    const kept = readFileSync(join(directory, 'runs', runId, 'journal.damaged-1.jsonl'), 'utf8')
    expect(kept).toContain('authenticate')
  })

  it('replaces collected facts as a whole', async () => {
    const held = openRunStore(directory).open(runId)
    expect(held.readFacts()).toBeUndefined()
    await held.writeFacts('one')
    await held.writeFacts('two')
    expect(held.readFacts()).toBe('two')
    held.close()
  })
})
