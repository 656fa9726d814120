/**
 * The processes of this host, identified by pid and start time together, which are never reused. Linux reads /proc;
 * other systems run `ps`. Zombies count as absent, because they hold nothing. A failed look is `unknown`, and proves
 * nothing.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { SYSTEM_LIMITS } from '../core/limits/system.ts'
import { ABSENT, found, type Lookup, unknown } from '../core/lookup.ts'
import { type BrandLevel, brandPattern } from './process-brand.ts'

export interface ProcessIdentity {
  pid: number
  /** Opaque: equal for the same process, different for another one that has its pid later. */
  startTime: string
}

export interface MarkedProcess extends ProcessIdentity {
  processGroup: number
  /** Its initial environment, limited to the requested variables. */
  markers: Record<string, string>
}

/** All processes that were found, perhaps none; or why the table could not be read. */
export type ProcessList = Exclude<Lookup<MarkedProcess[]>, { outcome: 'absent' }>

/** The start time of a process whose table could not be read when it was recorded: it equals no other. */
export const UNKNOWN_START_TIME = 'unknown'

/** Tests pass another platform and its own `ps`. */
export interface ProcessTableOptions {
  platform?: NodeJS.Platform
  env?: NodeJS.ProcessEnv
}

/** The process that has this pid now. */
export function identifyProcess(pid: number, options: ProcessTableOptions = {}): Lookup<ProcessIdentity> {
  if (!isPidInUse(pid)) return ABSENT
  const { platform = process.platform } = options
  const look = platform === 'linux' ? identifyFromProc(pid) : identifyWithPs(pid, options)
  // It may have ended in between; while the system still knows the pid, a table without it has not answered.
  return look.outcome === 'unknown' && !isPidInUse(pid) ? ABSENT : look
}

/** This very process: another one that has its pid by now does not count. */
export function findProcess(identity: ProcessIdentity, options: ProcessTableOptions = {}): Lookup<ProcessIdentity> {
  const look = identifyProcess(identity.pid, options)
  if (look.outcome !== 'found' || look.value.startTime === identity.startTime) return look
  if (identity.startTime !== UNKNOWN_START_TIME) return ABSENT
  return unknown(`the start time of process ${identity.pid} is not known`)
}

/** Processes that were started with every one of these variables set; `this` process is never among them. */
export function findMarkedProcesses(names: readonly string[], options: ProcessTableOptions = {}): ProcessList {
  const { platform = process.platform } = options
  const pick = (environment: string) =>
    environment.includes(`${names[0]}=`) ? pickMarkers(environment.split('\0'), names) : undefined
  const look = platform === 'linux' ? listFromProc('environ', pick) : listFromPs(names, options)
  if (look.outcome !== 'found') return look
  const isMarked = ({ pid, markers }: MarkedProcess) => pid !== process.pid && names.every((name) => name in markers)
  return { outcome: 'found', value: look.value.filter(isMarked) }
}

/** Processes that run under this brand; none where the system has no brands. */
export function findBrandedProcesses(level: BrandLevel, name: string): ProcessList {
  if (process.platform !== 'linux') return { outcome: 'found', value: [] }
  const pattern = brandPattern(level, name)
  return listFromProc('limits', (limits) => (pattern.test(limits) ? {} : undefined))
}

/** Both lists as one, each process once; unknown where one of them is. */
export function joinLists(one: ProcessList, other: ProcessList): ProcessList {
  if (one.outcome !== 'found') return one
  if (other.outcome !== 'found') return other
  const pids = new Set(one.value.map(({ pid }) => pid))
  return { outcome: 'found', value: [...one.value, ...other.value.filter(({ pid }) => !pids.has(pid))] }
}

/** Signals a process, unless its pid belongs to another one by now. True when a signal was sent. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (findProcess(identity).outcome !== 'found') return false
  try {
    process.kill(identity.pid, signal)
    return true
  } catch {
    return false // it ended in between
  }
}

/** Asks the system itself, which always knows: only ESRCH means that there is no such process. */
function isPidInUse(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) !== 'ESRCH'
  }
}

function identifyFromProc(pid: number): Lookup<ProcessIdentity> {
  const stat = readStat(pid)
  if (stat.outcome !== 'found') return stat.outcome === 'absent' ? unknown(`/proc does not show process ${pid}`) : stat
  return isZombie(stat.value.state) ? ABSENT : found({ pid, startTime: stat.value.startTime })
}

type Markers = MarkedProcess['markers']

/** `pick` decides by the content of a file of each process, and answers with the markers that it found there. */
function listFromProc(name: ProcFile, pick: (content: string) => Markers | undefined): ProcessList {
  let pids: number[]
  try {
    pids = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch (error) {
    return unknown(`/proc cannot be read: ${String(error)}`, error)
  }
  if (!pids.includes(process.pid)) return unknown('/proc does not show the processes of this host')
  const processes: MarkedProcess[] = []
  for (const pid of pids) {
    const content = readProcFile(pid, name)
    if (content.outcome === 'unknown') return content
    const markers = content.outcome === 'found' ? pick(content.value) : undefined
    if (!markers) continue
    const stat = readStat(pid)
    if (stat.outcome === 'unknown') return stat
    if (stat.outcome === 'absent' || isZombie(stat.value.state)) continue
    processes.push({ pid, startTime: stat.value.startTime, processGroup: stat.value.processGroup, markers })
  }
  return { outcome: 'found', value: processes }
}

function readStat(pid: number): Lookup<{ state: string; processGroup: number; startTime: string }> {
  const stat = readProcFile(pid, 'stat')
  if (stat.outcome !== 'found') return stat
  // The second field is the command in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.value.slice(stat.value.lastIndexOf(')') + 2).split(' ')
  const [state, , processGroup] = fields
  const startTime = fields[19]
  if (!state || !processGroup || !startTime) return unknown(`/proc/${pid}/stat has an unexpected form`)
  return found({ state, processGroup: Number(processGroup), startTime })
}

type ProcFile = 'stat' | 'environ' | 'limits'

/** Absent for a process that has ended, or whose environment belongs to another user. */
function readProcFile(pid: number, name: ProcFile): Lookup<string> {
  try {
    return found(readFileSync(`/proc/${pid}/${name}`, 'utf8'))
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '')) return ABSENT
    return unknown(`/proc/${pid}/${name} cannot be read: ${String(error)}`, error)
  }
}

/** The start time is five words in any order of day and month: `Fri Nov 27 08:01:05 2026`. */
const PS_LINE = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\d+:\S+\s+\d+)\s+(.*)$/

/** `ps` prints the environment behind the command; no value of a marker holds a space. */
function listFromPs(names: readonly string[], options: ProcessTableOptions): ProcessList {
  const answer = runPs(['-axEww', '-o', 'pid=,pgid=,stat=,lstart=,command='], options)
  if (answer.outcome === 'unknown') return answer
  const processes: MarkedProcess[] = []
  for (const line of answer.value) {
    const [, pid, processGroup, state, startTime, command] = PS_LINE.exec(line) ?? []
    if (!pid || !processGroup || !state || !startTime || !command) {
      if (line.includes(`${names[0]}=`))
        return unknown(`\`ps\` printed a line that cannot be read: ${line.slice(0, 80)}`)
      continue
    }
    if (isZombie(state)) continue
    const markers = pickMarkers(command.split(' '), names)
    processes.push({ pid: Number(pid), startTime, processGroup: Number(processGroup), markers })
  }
  // This process is there: a list without it is not the list of processes.
  if (!processes.some(({ pid }) => pid === process.pid)) return unknown('`ps` does not show this process itself')
  return { outcome: 'found', value: processes }
}

function identifyWithPs(pid: number, options: ProcessTableOptions): Lookup<ProcessIdentity> {
  const answer = runPs(['-o', 'stat=,lstart=', '-p', String(pid)], options)
  if (answer.outcome === 'unknown') return answer
  const [, state, startTime] = /^\s*(\S+)\s+(\S.*\S)\s*$/.exec(answer.value[0] ?? '') ?? []
  if (!state || !startTime) return unknown(`\`ps\` does not show process ${pid}`)
  return isZombie(state) ? ABSENT : found({ pid, startTime })
}

/** In one locale and time zone, whatever the user's: the start time is compared as text, by other runs of Radix, too. */
function runPs(
  args: string[],
  { env = process.env }: ProcessTableOptions,
): Exclude<Lookup<string[]>, { outcome: 'absent' }> {
  const { error, status, signal, stdout, stderr } = spawnSync('ps', args, {
    encoding: 'utf8',
    env: { ...env, LC_ALL: 'C', TZ: 'UTC' },
    timeout: SYSTEM_LIMITS.processTable.value,
    killSignal: 'SIGKILL',
    maxBuffer: SYSTEM_LIMITS.programOutput.value,
  })
  if (error) return unknown(`\`ps\` could not be run: ${error.message}`, error)
  if (status === 0) return { outcome: 'found', value: stdout.split('\n').filter(Boolean) }
  return unknown(`\`ps\` failed (${signal ?? `exit code ${status}`}): ${stderr.trim().slice(0, 200)}`)
}

function isZombie(state: string): boolean {
  return state.startsWith('Z') || state === 'X'
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function pickMarkers(assignments: readonly string[], names: readonly string[]): Record<string, string> {
  const markers: Record<string, string> = {}
  for (const assignment of assignments) {
    const separator = assignment.indexOf('=')
    const name = assignment.slice(0, separator)
    if (separator > 0 && names.includes(name)) markers[name] = assignment.slice(separator + 1)
  }
  return markers
}
