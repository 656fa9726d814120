/**
 * A separate control group (cgroup v2) for a program and everything that it starts. The kernel kills all of it at once,
 * however fast it forks. It works only if this process may write to its own group: as root, or where the group was
 * delegated.
 */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of an empty group; undefined where none can be made. */
export function createControlGroup(name: string): string | undefined {
  try {
    const [, own] = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? []
    // `36 25 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw`
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    const [, mountPoint] = /^\d+ \d+ \S+ \/ (\S+) .*- cgroup2 /m.exec(mounts) ?? []
    if (own === undefined || mountPoint === undefined) return undefined
    const group = join(mountPoint, own, name)
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
    if (!/^populated 0$/m.test(readFileSync(join(group, 'cgroup.events'), 'utf8'))) return false
    rmdirSync(group)
  } catch (error) {
    // Empty groups that the program created inside hold nothing.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ENOENT' || code === 'EBUSY' || code === 'ENOTEMPTY'
  }
  return true
}
