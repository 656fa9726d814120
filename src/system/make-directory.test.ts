import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeDirectory, makeDirectorySync } from './make-directory.ts'

describe.each([
  ['makeDirectory', makeDirectory],
  ['makeDirectorySync', async (path: string, mode?: number) => makeDirectorySync(path, mode)],
])('%s', (_, make) => {
  it('creates a folder and its parents, and changes nothing a second time', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'radix-make-'))
    const path = join(directory, 'a', 'b', 'c')
    await Promise.all([make(path, 0o700), make(path, 0o700)])
    await make(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    writeFileSync(join(directory, 'file'), '')
    await expect(make(join(directory, 'file', 'below'))).rejects.toThrow()
    rmSync(directory, { recursive: true })
  })

  it.runIf(existsSync('/proc/self'))('fails when the kernel refuses', async () => {
    await expect(make('/proc/radix/data')).rejects.toThrow()
  })
})
