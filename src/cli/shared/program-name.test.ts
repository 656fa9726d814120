import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { programName } from './program-name.ts'

it('is the command for its location: in a clone, beside one, with a space in its path, installed, from npx', () => {
  const directory = mkdtempSync(join(tmpdir(), 'radix-program-'))
  const roots = [join(directory, 'clone'), join(directory, 'my clone')]
  for (const root of roots) {
    mkdirSync(join(root, 'tools', 'setup'), { recursive: true })
    writeFileSync(join(root, 'tools', 'setup', 'main.mjs'), '')
    writeFileSync(join(root, 'radix'), '')
  }
  const [clone = '', spaced = ''] = roots
  expect(programName(clone, clone)).toBe('./radix')
  expect(programName(directory, clone)).toBe(`${clone}/radix`)
  expect(programName(directory, spaced)).toBe(`'${spaced}/radix'`)
  expect(programName(directory, directory, {})).toBe('radix')
  expect(programName(directory, directory, { npm_command: 'exec' })).toBe('npx radix-gpu')
  rmSync(directory, { recursive: true })
})
