/**
 * What a single executable runs: it unpacks the package that it carries into a folder of its own, once, and starts the
 * program there. Nothing of the program is in here.
 */
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { getRawAsset } from 'node:sea'
import { ARCHIVE, ENTRY, type PackedFile, readIndex, unpack } from './archive.ts'

try {
  createRequire(join(prepareFolder(), 'package.json'))(ENTRY)
} catch (error) {
  process.stderr.write(`error: the files of radix cannot be unpacked: ${error instanceof Error ? error.message : error}
  fix: choose a folder that you own: export XDG_CACHE_HOME=$HOME/.cache\n`)
  process.exit(1)
}

/** The folder with the files of this version. */
function prepareFolder(): string {
  const archive = Buffer.from(getRawAsset(ARCHIVE))
  const { index, digest } = readIndex(archive)
  const folder = join(cacheFolder(), digest)
  if (isComplete(folder, index)) return folder
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
  const draft = `${folder}.${process.pid}`
  for (const { path, mode, content } of unpack(archive)) {
    const file = join(draft, path)
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
    writeFileSync(file, content, { mode })
  }
  rmSync(folder, { recursive: true, force: true })
  try {
    renameSync(draft, folder)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    // Another process was faster.
    if (!isComplete(folder, index)) throw error
  }
  return folder
}

function cacheFolder(): string {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'radix')
  return process.platform === 'darwin' ? join(homedir(), 'Library/Caches/radix') : join(homedir(), '.cache/radix')
}

/** Tools that clean caches remove single files. A folder of another user is not run. */
function isComplete(folder: string, index: readonly PackedFile[]): boolean {
  const top = statSync(folder, { throwIfNoEntry: false })
  if (!top) return false
  if (top.uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user`)
  return index.every(({ path, size }) => statSync(join(folder, path), { throwIfNoEntry: false })?.size === size)
}
