/** A data directory that a server has used before, made once for all test files: making a database takes a while. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedServer } from '../../src/cli/shared/embedded-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    usedDataDir: string
  }
}

export default async function makeUsedDataDir({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'radix-e2e-used-'))
  // Under root the embedded database runs as another user, who must pass through.
  await chmod(directory, 0o711)
  const dataDir = join(directory, 'data')
  const server = await startEmbeddedServer(dataDir)
  await server.close()
  await rm(join(dataDir, 'compile-cache'), { recursive: true, force: true })
  provide('usedDataDir', dataDir)
  return () => rm(directory, { recursive: true })
}
