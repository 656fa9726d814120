/** A file system of its own with little room, for tests of a full disk. Only root may mount one. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

export interface SmallDisk {
  readonly directory: string
  /** Takes all the room that is left, to the last byte. */
  fill(): void
  makeRoom(): Promise<void>
  unmount(): void
}

/** `undefined` where this user may not mount a file system. */
export function mountSmallDisk(directory: string, kibibytes: number): SmallDisk | undefined {
  mkdirSync(directory)
  try {
    // Under root the embedded database runs as another user, who must pass through.
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k,mode=711`, 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const filling = join(directory, 'filling')
  return {
    directory,
    fill: () => fill(filling),
    makeRoom: () => rm(filling),
    // Lazily: a process that a failed test left may still use it.
    unmount: () => void execFileSync('umount', ['--lazy', directory], { stdio: 'ignore' }),
  }
}

function fill(path: string): void {
  const file = openSync(path, 'a')
  for (let bytes = 1024 * 1024; bytes >= 1; ) {
    try {
      writeSync(file, Buffer.alloc(bytes))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      bytes = Math.floor(bytes / 2)
    }
  }
  closeSync(file)
}
