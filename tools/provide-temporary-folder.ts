/**
 * Run by Vitest before all test files: a temporary folder of their own, in memory where there is enough of it, which goes
 * with all that they left in it. Tests write databases and journals that are flushed to disk at every step: on a disk that
 * others write to, they would mostly wait for it. A killed process loses nothing there either.
 */
import {
  accessSync,
  chmodSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const IN_MEMORY = '/dev/shm'
const PREFIX = 'radix-tests-'
/** Of the folder, and of memory: several databases, copies of an image of the agent, and what they are run by. */
const NEEDED_BYTES = 6 * 1024 ** 3

export default function provideTemporaryFolder(): () => void {
  const parent = chooseParent()
  removeAbandoned(parent)
  const folder = mkdtempSync(join(parent, `${PREFIX}${readPidNamespace()}-${process.pid}-`))
  // Under root the embedded database runs as another user, who keeps its socket there.
  chmodSync(folder, 0o1777)
  process.env.TMPDIR = folder
  // Programs that tests start load their modules in half the time from the second on.
  process.env.NODE_COMPILE_CACHE ??= join(folder, 'compile-cache')
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

function chooseParent(): string {
  try {
    accessSync(IN_MEMORY, constants.W_OK)
    const [, , , options = ''] = mountOf(IN_MEMORY)
    const { bavail, bsize } = statfsSync(IN_MEMORY)
    const isRoomy = Math.min(bavail * bsize, readAvailableMemory()) >= NEEDED_BYTES
    // Tests run programs that they write.
    return isRoomy && !options.split(',').includes('noexec') ? IN_MEMORY : tmpdir()
  } catch {
    return tmpdir()
  }
}

function mountOf(path: string): readonly string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const mount = mounts.map((line) => line.split(' ')).findLast(([, at]) => at === path)
  if (!mount) throw new Error(`nothing is mounted at ${path}`)
  return mount
}

function readAvailableMemory(): number {
  const [, kibibytes = '0'] = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? []
  return Number(kibibytes) * 1024
}

/**
 * Removes the folders of killed runs. A pid says nothing about a process in another pid namespace, such as a container
 * that shares this memory. A folder of another user stays, too.
 */
export function removeAbandoned(parent: string): void {
  const namespace = readPidNamespace()
  for (const name of readdirSync(parent)) {
    const [, foundIn, pid] = /^radix-tests-(\d+)-(\d+)-/.exec(name) ?? []
    if (foundIn !== namespace || isAlive(Number(pid))) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch (error) {
      if (!['EACCES', 'EPERM'].includes(Object(error).code)) throw error
    }
  }
}

/** Its number on Linux, else 0: other systems have only one. */
function readPidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return Object(error).code !== 'ESRCH'
  }
}
