/**
 * The embedded database of a used data directory: a copy of one that the first test file creates for all,
 * because creating one takes longer than most tests.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { silentLogger } from '../../core/logger.ts'
import { openDatabase } from '../store/database.ts'
import { startEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { migrate } from '../store/migrate.ts'

/** Gives a new data directory its database. */
export async function copyUsedDatabase(dataDir: string): Promise<void> {
  const original = inject('usedDatabase')
  if (!existsSync(original)) await makeUsedDatabase(original)
  await mkdir(dataDir, { recursive: true })
  await promisify(execFile)('cp', ['-a', original, join(dataDir, 'postgres')])
}

/** Two files may create it at the same time: the first to finish wins. */
async function makeUsedDatabase(path: string): Promise<void> {
  const dataDir = await mkdtemp(join(dirname(path), 'draft-'))
  // Under root the embedded database runs as another user, who must be able to pass.
  await chmod(dataDir, 0o711)
  const postgres = await startEmbeddedPostgres(dataDir, silentLogger)
  const { db, close } = await openDatabase(postgres)
  await migrate(db)
  await close()
  await postgres.close()
  await rename(join(dataDir, 'postgres'), path).catch((error: unknown) => {
    if (!existsSync(path)) throw error
  })
  await rm(dataDir, { recursive: true })
}
