import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { openRunStore } from './run-store.ts'

/** The longest that Linux takes. */
const PATH_LENGTH = 4095

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'radix-run-store-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('a folder of runs', () => {
  it('that does not exist yet is empty', () => {
    expect(openRunStore(directory).list()).toEqual([])
  })

  it('that cannot be read is an error, and never an empty list', () => {
    writeFileSync(join(directory, 'runs'), '')
    const store = openRunStore(directory)
    expect(() => store.list()).toThrow(expect.objectContaining({ code: 'DATA_DIRECTORY_UNUSABLE' }))
    expect(() => store.read(newId('run'))).toThrow(expect.objectContaining({ code: 'FILE_NOT_READABLE' }))
  })
})

describe.skipIf(process.platform !== 'linux')('a run whose lock cannot be written', () => {
  it('is refused, except for a clean-up', () => {
    // So deep that the path of the lock fits, and that of its draft does not.
    const runId = newId('run')
    const rest = join('runs', runId, 'lock').length + 1
    let deep = directory
    while (deep.length + rest < PATH_LENGTH - 240) deep = join(deep, 'x'.repeat(200))
    deep = join(deep, 'y'.repeat(PATH_LENGTH - 10 - deep.length - rest))
    const store = openRunStore(deep)
    expect(() => store.open(runId)).toThrow(expect.objectContaining({ code: 'FILE_NOT_WRITABLE' }))
    const held = store.open(runId, { lacksDisk: true })
    held.close()
  })
})
