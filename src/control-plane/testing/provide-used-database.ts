/** Run by Vitest before all test files: the folder for the original of `used-database.ts`, removed after the tests. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    usedDatabase: string
  }
}

export default async function provideUsedDatabase({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'radix-used-'))
  await chmod(directory, 0o711)
  provide('usedDatabase', join(directory, 'postgres'))
  return () => rm(directory, { recursive: true })
}
