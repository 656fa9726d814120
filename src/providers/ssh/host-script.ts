/** One call of `host.sh`: its text for the standard input of a host's `sh`, and its answer. */
import { readFileSync } from 'node:fs'
import { shellWord } from '../../core/shell-word.ts'
import { programFile } from '../../system/program-files.ts'

const SCRIPT = readFileSync(programFile('src/providers/ssh/host.sh'), 'utf8')

const VERBS = ['check', 'claim', 'start', 'look', 'glance', 'find_machines', 'log', 'end'] as const
export type Verb = (typeof VERBS)[number]

/** The variables that `host.sh` reads. Every one is set, so that none comes from the host's environment. */
const VARIABLES = {
  base: '',
  lease: '',
  run: '',
  machine: '',
  /** The brand of the machine's processes (`system/process-brand.ts`). */
  brand: '',
  python: '',
  /** Of an earlier look. */
  pids: '',
  /** The target of the link that is the lease. */
  lease_text: '',
  /** The onboarding token. */
  secret: '',
  /** The script of the keeper (`renderKeeper`). */
  keeper: '',
  /** Seconds since 1970. */
  deadline: '',
  /** RFC 3339. */
  deadline_at: '',
  api_base: '',
  cluster: '',
  /** The agent's argv, quoted for a shell, in the machine's folder. */
  command: '',
  unreachable_exit_seconds: '',
  log_bytes: '',
}
export type HostVariables = Partial<Record<keyof typeof VARIABLES, string>>

export function renderHostScript(verb: Verb, variables: HostVariables): string {
  return render(verb, variables)
}

/** A script for a file of the host: the keeper of a machine, its dead man's timer. It must hold no secret. */
export function renderKeeper(variables: Omit<HostVariables, 'secret' | 'keeper'>): string {
  return render('keep', variables)
}

function render(verb: Verb | 'keep', variables: HostVariables): string {
  const values = Object.entries({ ...VARIABLES, ...variables, verb })
  return `${values.map(([name, value]) => `${name}=${shellWord(value)}\n`).join('')}${SCRIPT}`
}

export interface HostAnswer {
  /** The values of the first line that begins with this word. */
  first(word: string): string | undefined
  /** Those of each such line. */
  all(word: string): string[]
  /** What follows the last line: a log. */
  rest: string
}

/** Undefined if the script did not come to its end. */
export function parseHostAnswer(stdout: string): HostAnswer | undefined {
  const end = /^done$/m.exec(stdout)
  if (!end) return undefined
  const lines = stdout.slice(0, end.index).split('\n')
  const all = (word: string) =>
    lines.flatMap((line) => (line === word || line.startsWith(`${word} `) ? line.slice(word.length + 1) : []))
  return { all, first: (word) => all(word)[0], rest: stdout.slice(end.index + 'done\n'.length) }
}

export interface Lease {
  runId: string
  claimedAt: Date
  /** The host removes everything of the run by then. */
  deadlineAt: Date
  /** Who took it, and where. */
  user: string
}

/** The link's target, as `host.sh` expects it. */
export function renderLease({ runId, claimedAt, deadlineAt, user }: Lease): string {
  const seconds = (date: Date) => Math.floor(date.getTime() / 1000)
  return `radix,1,${runId},${seconds(claimedAt)},${seconds(deadlineAt)},${user.replaceAll(/[^\w.@-]/g, '_').slice(0, 64)}`
}

/** Null for a link that is not ours. Any user of the host could have made it. */
export function parseLease(text: string): Lease | null {
  const [, runId, claimed, deadline, user] =
    /^radix,1,(run_[0-9a-z]{26}),(\d{1,11}),(\d{1,11}),([\w.@-]{1,64})$/.exec(text) ?? []
  if (runId === undefined || user === undefined) return null
  return { runId, user, claimedAt: new Date(Number(claimed) * 1000), deadlineAt: new Date(Number(deadline) * 1000) }
}
