/**
 * `npm test`: every check, the same here and in CI: the quick ones together, then the tests. `--fast` leaves out
 * the tests of the workload and of the whole system; any other argument is passed to the test runner.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

interface Check {
  name: string
  argv: readonly string[]
}

const python = process.env.RADIX_PYTHON ?? 'python3'
const filters = process.argv.slice(2).filter((argument) => argument !== '--fast')
const fast = process.argv.includes('--fast')

/** They show what they print only when they fail. */
const QUICK: readonly Check[] = [
  { name: 'format and lint', argv: ['biome', 'ci', '--error-on-warnings', '.'] },
  {
    name: 'boundaries',
    argv: ['depcruise', '--config', '.dependency-cruiser.mjs', 'src', 'tools', 'dashboard/src', 'dashboard/mock'],
  },
  { name: 'types', argv: ['tsc', '-p', '.'] },
  { name: 'types of the dashboard', argv: ['tsc', '-p', 'dashboard'] },
  { name: 'dead code', argv: ['knip'] },
  { name: 'generated files', argv: [process.execPath, 'tools/generate.ts', '--check'] },
]

/** One after the other; they show what they print as it comes. */
const TESTS: readonly Check[] = [
  { name: 'unit tests', argv: ['vitest', 'run', '--project', 'unit', ...filters] },
  ...(fast
    ? []
    : [
        {
          name: 'workload tests',
          argv: [python, '-m', 'unittest', 'discover', '-s', 'workloads/resnet50', '-p', 'test_*.py'],
        },
        { name: 'whole-system tests', argv: ['vitest', 'run', '--project', 'e2e', ...filters] },
      ]),
]

const root = join(import.meta.dirname, '..')
/** Enough for the failures at the end of a test runner's output, with the summary after them. */
const REPEATED_LINES = 150
const DRAIN_MS = 2000
/** What each that failed has printed. */
const failed = new Map<string, string>()
process.stdout.write(`${QUICK.map(({ name }) => name).join(', ')} …\n`)
await Promise.all(QUICK.map((check) => run(check, false)))
for (const check of TESTS) {
  process.stdout.write(`\n${check.name} …\n`)
  await run(check, true)
}
// A CI log is read from its end, and may be cut at its beginning.
for (const [name, output] of failed) {
  process.stdout.write(`\nFailed: ${name}\n${output.trimEnd().split('\n').slice(-REPEATED_LINES).join('\n')}\n`)
}
process.stdout.write(`\nchecks: ${QUICK.length + TESTS.length - failed.size} passed, ${failed.size} failed`)
process.stdout.write(failed.size > 0 ? ` (${[...failed.keys()].join(', ')})\n` : '\n')
process.exit(failed.size === 0 ? 0 : 1)

async function run({ name, argv }: Check, verbose: boolean): Promise<void> {
  const startedMs = performance.now()
  const { exitCode, output } = await execute(argv, verbose)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  process.stdout.write(`${name}: ${exitCode === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`)
  if (exitCode === 0) return
  failed.set(name, output)
  if (!verbose) process.stdout.write(output)
}

function execute(
  [command = '', ...args]: readonly string[],
  verbose: boolean,
): Promise<{ exitCode: number; output: string }> {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(':')
  const colour = process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...colour, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (verbose) process.stdout.write(text)
      })
    }
    child.once('exit', (code, signal) => {
      if (signal) output += `\nended by ${signal}\n`
      const done = () => resolve({ exitCode: code ?? 1, output })
      child.once('close', done)
      setTimeout(done, DRAIN_MS) // a process that a test left may hold the streams open
    })
    child.once('error', (error) => resolve({ exitCode: 127, output: `${error}\n` }))
  })
}
