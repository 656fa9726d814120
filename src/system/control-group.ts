/**
 * A separate control group (cgroup v2) for a program and everything that it starts. The kernel kills all of it at once,
 * however fast it forks. It works only if this process may write to its own group: as root, or where the group was
 * delegated.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'

/** Groups of ours. */
const PREFIX = 'radix-'
/** A group that was just made may be about to be used. */
const ABANDONED_AFTER_MS = SYSTEM_LIMITS.abandonedGroup.value

/** The folder of an empty group, `radix-{name}`; undefined where none can be made. */
export function createControlGroup(name: string): string | undefined {
  try {
    const [, own] = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? []
    // `36 25 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw`
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    const [, mountPoint] = /^\d+ \d+ \S+ \/ (\S+) .*- cgroup2 /m.exec(mounts) ?? []
    if (own === undefined || mountPoint === undefined) return undefined
    const parent = join(mountPoint, own)
    const group = join(parent, `${PREFIX}${name}`)
    removeAbandoned(parent)
    // A group of an earlier try is reused.
    mkdirSync(group, { recursive: true })
    return group
  } catch {
    return undefined
  }
}

/**
 * The command prefix that runs a command in the group, with the same pid and exit code. If that is refused, the command
 * runs outside.
 */
export function controlGroupPrefix(group: string): string[] {
  const script = '{ echo 0 >"$1"; } 2>/dev/null; shift; exec "$@"'
  return ['/bin/sh', '-c', script, 'sh', join(group, 'cgroup.procs')]
}

/**
 * Kills all processes in the group (from Linux 5.14 on), and removes it when it is empty. True once it holds no
 * process.
 */
export function killControlGroup(group: string): boolean {
  try {
    writeFileSync(join(group, 'cgroup.kill'), '1')
  } catch {
    // An older kernel, or the group was removed: the next look decides.
  }
  try {
    if (!isEmpty(group)) return false
    removeTree(group)
  } catch (error) {
    // Empty groups that the program created inside hold nothing.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ENOENT' || code === 'EBUSY' || code === 'ENOTEMPTY'
  }
  return true
}

/** Whether a folder is that of the group of this name: a record of it may have been changed. */
export function isControlGroupOf(group: string, name: string): boolean {
  return basename(group) === `${PREFIX}${name}`
}

/** Of programs whose starter died and never came back. The kernel keeps a group that holds a process. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const group = join(parent, name)
    try {
      if (!name.startsWith(PREFIX) || Date.now() - statSync(group).mtimeMs < ABANDONED_AFTER_MS) continue
      if (isEmpty(group)) removeTree(group)
    } catch {
      // It is in use, or was removed meanwhile.
    }
  }
}

function isEmpty(group: string): boolean {
  return /^populated 0$/m.test(readFileSync(join(group, 'cgroup.events'), 'utf8'))
}

function removeTree(group: string): void {
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(group, entry.name))
  }
  rmdirSync(group)
}
