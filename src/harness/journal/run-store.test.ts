import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { openRunStore } from './run-store.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'radix-run-store-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('a folder of runs', () => {
  it('that is not there yet holds none', () => {
    expect(openRunStore(directory).list()).toEqual([])
  })

  it('that cannot be looked at is an error, and never an empty list', () => {
    writeFileSync(join(directory, 'runs'), '')
    const store = openRunStore(directory)
    expect(() => store.list()).toThrow(expect.objectContaining({ code: 'DATA_DIRECTORY_UNUSABLE' }))
    expect(() => store.read(newId('run'))).toThrow(expect.objectContaining({ code: 'DATA_DIRECTORY_UNUSABLE' }))
  })
})

// Nothing can be written to /proc, not even by root, and nothing of a run is there.
describe.skipIf(process.platform !== 'linux')('a run whose lock cannot be written', () => {
  it('is refused, unless it is only to be taken down', () => {
    const store = openRunStore('/proc/self')
    const runId = newId('run')
    expect(() => store.open(runId)).toThrow(expect.objectContaining({ code: 'FILE_NOT_WRITABLE' }))
    const held = store.open(runId, { lacksDisk: true })
    expect(held.read()).toEqual([])
    held.close()
  })
})
