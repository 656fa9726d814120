/**
 * `npm test`: every check, the same here and in CI: the quick ones together, then the tests. `--fast` leaves out
 * the tests of the workload and of the whole system; any other argument is passed to the test runner.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { WAITING_THREADS } from '../src/agent/job-environment.ts'
import { WORKLOAD_NAMES } from '../src/workloads/index.ts'
import { type BoundedProgram, startBounded } from './bounded-program.ts'

const MINUTE_MS = 60_000

interface Check {
  name: string
  argv: readonly [string, ...string[]]
  /** A check that hangs is ended with all that it started. */
  limitMs: number
}

const python = process.env.RADIX_PYTHON ?? 'python3'
const filters = process.argv.slice(2).filter((argument) => argument !== '--fast')
const fast = process.argv.includes('--fast')

/** Each checker of its own looks again at the types that the others need: one takes half the time of the processors. */
const ONE_CHECKER = ['--checkers', '1']

/** They show what they print only when they fail. */
const QUICK: readonly Check[] = [
  quick('format and lint', 'biome', 'ci', '--error-on-warnings', '.'),
  quick(
    'boundaries',
    'depcruise',
    '--config',
    '.dependency-cruiser.mjs',
    'src',
    'tools',
    'dashboard/src',
    'dashboard/mock',
  ),
  quick('types', 'tsc', '-p', '.', ...ONE_CHECKER),
  quick('types of the dashboard', 'tsc', '-p', 'dashboard', ...ONE_CHECKER),
  quick('dead code', 'knip'),
  quick('spelling', 'cspell', '--no-progress', '--no-summary', '.'),
  quick('generated files', process.execPath, 'tools/generate.ts', '--check'),
]

/** These show what they print as it comes. */
const UNIT: Check = {
  name: 'unit tests',
  argv: ['vitest', 'run', '--project', 'unit*', ...filters],
  limitMs: 20 * MINUTE_MS,
}
const SYSTEM: Check = {
  name: 'whole-system tests',
  argv: ['vitest', 'run', '--project', 'e2e', ...filters],
  limitMs: (process.env.RADIX_TEST_FULL ? 90 : 35) * MINUTE_MS,
}
/** One after another, beside the unit tests: each keeps one core busy. They show what they print only when they fail. */
const WORKLOADS = ['radix_workload', ...WORKLOAD_NAMES].map(
  (folder): Check => ({
    name: `tests of ${folder}`,
    // A workload finds the shared modules by itself; its tests are told where they are.
    argv: ['env', 'PYTHONPATH=workloads', python, '-m', 'unittest', 'discover', '-s', `workloads/${folder}`],
    limitMs: 10 * MINUTE_MS,
  }),
)
const CHECKS = [...QUICK, UNIT, ...(fast ? [] : [...WORKLOADS, SYSTEM])]

const root = join(import.meta.dirname, '..')
/** Enough for the failures at the end of a test runner's output, with the summary after them. */
const REPEATED_LINES = 150
/** What each that failed has printed. All of it is in the folder of logs, which the next run replaces. */
const failed = new Map<string, string>()
const logs = join(root, '.radix', 'checks')
rmSync(logs, { recursive: true, force: true })
mkdirSync(logs, { recursive: true })
const running = new Set<BoundedProgram>()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const program of running) program.kill('SIGKILL')
    process.exit(130)
  })
}
process.stdout.write(`${QUICK.map(({ name }) => name).join(', ')} …\n`)
await Promise.all(QUICK.map((check) => run(check, false)))
process.stdout.write(`\n${UNIT.name} …\n`)
await Promise.all([run(UNIT, true), fast || testWorkloads()])
if (!fast) {
  process.stdout.write(`\n${SYSTEM.name} …\n`)
  await run(SYSTEM, true)
}
// A CI log is read from its end, and may be cut at its beginning.
for (const [name, output] of failed) {
  process.stdout.write(`\nFailed: ${name}\n${output.trimEnd().split('\n').slice(-REPEATED_LINES).join('\n')}\n`)
}
process.stdout.write(`\nchecks: ${CHECKS.length - failed.size} passed, ${failed.size} failed`)
process.stdout.write(failed.size > 0 ? ` (${[...failed.keys()].join(', ')}; all output: ${logs})\n` : '\n')
process.exit(failed.size === 0 ? 0 : 1)

async function run({ name, argv, limitMs }: Check, verbose: boolean): Promise<void> {
  const startedMs = performance.now()
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(':')
  const colour = process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}
  const program = startBounded(argv, {
    cwd: root,
    env: { ...process.env, ...WAITING_THREADS, ...colour, PATH: path },
    limitMs,
    logFile: join(logs, `${name.replaceAll(' ', '-')}.log`),
    onOutput: verbose ? (text) => void process.stdout.write(text) : () => {},
  })
  running.add(program)
  const { exitCode, output } = await program.ended
  running.delete(program)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  process.stdout.write(`${name}: ${exitCode === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`)
  if (exitCode === 0) return
  failed.set(name, output)
  if (!verbose) process.stdout.write(output)
}

async function testWorkloads(): Promise<void> {
  for (const check of WORKLOADS) await run(check, false)
}

function quick(name: string, ...argv: [string, ...string[]]): Check {
  return { name, argv, limitMs: 10 * MINUTE_MS }
}
