/**
 * A brand on a program and everything that it starts: its limit on file locks. A cleared environment, a new session or
 * the early end of a parent does not remove it. Linux passes limits on over fork and exec, and has not enforced this
 * one since 2.4.25 (RLIMIT_LOCKS in getrlimit(2)). An ordinary user needs no special permission for it.
 */
import { createHash } from 'node:crypto'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { findProgram } from './find-program.ts'
import { runProgram } from './run-program.ts'

const HASH_BYTES = 7
/** No system sets a limit that is this high, and `unlimited` is higher than all brands. */
const LOWEST_BRAND = { job: 2n ** 60n, machine: 2n ** 61n }
const PRLIMIT_FOLDERS = '/usr/bin:/bin'

/** Which limit holds it: a job is within a machine, and the lower limit is within the upper. */
export type BrandLevel = 'machine' | 'job'

/** As the limit is written. The same for the same name; different names share a brand once in 2⁵⁶. */
export function brandOf(level: BrandLevel, name: string): string {
  const hash = createHash('sha256')
    .update(name)
    .digest('hex')
    .slice(0, 2 * HASH_BYTES)
  return String(LOWEST_BRAND[level] + BigInt(`0x${hash}`))
}

/**
 * The command prefix that runs a command under the brand, with the same pid and exit code. Empty if that is not
 * possible: not Linux, no `prlimit`, a sandbox that refuses, or a limit that is lower already.
 */
export async function brandPrefix(level: BrandLevel, name: string): Promise<string[]> {
  const prlimit = process.platform === 'linux' && findProgram('prlimit', PRLIMIT_FOLDERS, '/')
  if (!prlimit) return []
  const brand = brandOf(level, name)
  const prefix = [prlimit, `--locks=${brand}:${level === 'machine' ? brand : ''}`] as const
  const answer = await runProgram([...prefix, prlimit, '--version'], { timeoutMs: SYSTEM_LIMITS.brandTrial.value })
  return answer.outcome === 'exited' && answer.exitCode === 0 ? [...prefix] : []
}

/** What the limits of a process that runs under the brand look like in /proc. */
export function brandPattern(level: BrandLevel, name: string): RegExp {
  const brand = brandOf(level, name)
  return new RegExp(`^Max file locks +${level === 'job' ? brand : `\\d+ +${brand}`} `, 'm')
}
