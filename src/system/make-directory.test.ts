import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeDirectory } from './make-directory.ts'

it('makes a folder and those above it, and again changes nothing', () => {
  const directory = mkdtempSync(join(tmpdir(), 'radix-make-'))
  const path = join(directory, 'a', 'b', 'c')
  makeDirectory(path, 0o700)
  makeDirectory(path)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  writeFileSync(join(directory, 'file'), '')
  expect(() => makeDirectory(join(directory, 'file', 'below'))).toThrow()
  rmSync(directory, { recursive: true })
})

it.runIf(existsSync('/proc/self'))('ends with an error where the kernel makes none', () => {
  expect(() => makeDirectory('/proc/radix/data')).toThrow()
})
