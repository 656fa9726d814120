/**
 * The processes of this host, by what cannot be recycled: pid and start time together. Linux reads /proc; elsewhere
 * `ps` is asked. Zombies count as gone: they hold nothing.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessIdentity {
  pid: number
  /** Opaque: equal for the same process, different for another one that has its pid later. */
  startTime: string
}

export interface MarkedProcess extends ProcessIdentity {
  processGroup: number
  /** The environment that it was started with, as far as it was asked for. */
  markers: Record<string, string>
}

/** Who has this pid now; `undefined` when nobody, or only a zombie, does. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (process.platform !== 'linux') return identifyWithPs(pid)
  const stat = readStat(pid)
  return stat && stat.state !== 'Z' && stat.state !== 'X' ? { pid, startTime: stat.startTime } : undefined
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTime === identity.startTime
}

/** Processes that were started with every one of these variables set; `this` process is never among them. */
export function findMarkedProcesses(names: readonly string[]): MarkedProcess[] {
  const candidates = process.platform === 'linux' ? listFromProc(names) : listFromPs(names)
  return candidates.filter((found) => found.pid !== process.pid && names.every((name) => name in found.markers))
}

/** Signals a process, unless its pid belongs to another one by now. True when a signal was sent. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false
  try {
    process.kill(identity.pid, signal)
    return true
  } catch {
    return false // it ended in between
  }
}

function* listProc(): Generator<number> {
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) yield Number(name)
}

function listFromProc(names: readonly string[]): MarkedProcess[] {
  const found: MarkedProcess[] = []
  for (const pid of listProc()) {
    const environment = readProcFile(pid, 'environ')
    if (!environment?.includes(`${names[0]}=`)) continue
    const stat = readStat(pid)
    if (!stat || stat.state === 'Z' || stat.state === 'X') continue
    const markers = pickMarkers(environment.split('\0'), names)
    found.push({ pid, startTime: stat.startTime, processGroup: stat.processGroup, markers })
  }
  return found
}

function readStat(pid: number): { state: string; processGroup: number; startTime: string } | undefined {
  const stat = readProcFile(pid, 'stat')
  if (!stat) return undefined
  // The second field is the command in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, , processGroup] = fields
  const startTime = fields[19]
  if (!state || !processGroup || !startTime) return undefined
  return { state, processGroup: Number(processGroup), startTime }
}

/** `undefined` for a process that is gone, or that belongs to somebody else. */
function readProcFile(pid: number, name: 'stat' | 'environ'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch {
    return undefined
  }
}

/** `ps` prints the environment behind the command; no value of a marker holds a space. */
function listFromPs(names: readonly string[]): MarkedProcess[] {
  const found: MarkedProcess[] = []
  for (const line of runPs(['-axEww', '-o', 'pid=,pgid=,stat=,lstart=,command='])) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+\S+\s+\d+)\s+(.*)$/.exec(line)
    const [, pid, processGroup, state, startTime, command] = match ?? []
    if (!pid || !processGroup || !startTime || !command || state?.startsWith('Z')) continue
    const markers = pickMarkers(command.split(' '), names)
    found.push({ pid: Number(pid), startTime, processGroup: Number(processGroup), markers })
  }
  return found
}

function identifyWithPs(pid: number): ProcessIdentity | undefined {
  const [line] = runPs(['-o', 'stat=,lstart=', '-p', String(pid)])
  const [, state, startTime] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(line ?? '') ?? []
  return state && startTime && !state.startsWith('Z') ? { pid, startTime } : undefined
}

function runPs(args: string[]): string[] {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
      .split('\n')
      .filter(Boolean)
  } catch {
    return [] // `ps -p` fails when there is no such process
  }
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
