/**
 * `npm test`: every check, the same here and in CI, the fast ones first. `--fast` stops before the whole-system tests;
 * any other argument is passed to the test runner.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

interface Check {
  name: string
  argv: readonly string[]
  /** Shows its output as it comes; the others show it only when they fail. */
  verbose?: boolean
}

const python = process.env.RADIX_PYTHON ?? 'python3'
const filters = process.argv.slice(2).filter((argument) => argument !== '--fast')
const fast = process.argv.includes('--fast')

const CHECKS: readonly Check[] = [
  { name: 'format and lint', argv: ['biome', 'ci', '--error-on-warnings', '.'] },
  {
    name: 'boundaries',
    argv: ['depcruise', '--config', '.dependency-cruiser.mjs', 'src', 'tools', 'dashboard/src', 'dashboard/mock'],
  },
  { name: 'types', argv: ['tsc', '-p', '.'] },
  { name: 'types of the dashboard', argv: ['tsc', '-p', 'dashboard'] },
  { name: 'dead code', argv: ['knip'] },
  { name: 'generated files', argv: [process.execPath, 'tools/generate.ts', '--check'] },
  { name: 'unit tests', argv: ['vitest', 'run', '--project', 'unit', ...filters], verbose: true },
  ...(fast
    ? []
    : [
        {
          name: 'workload tests',
          argv: [python, '-m', 'unittest', 'discover', '-s', 'workloads/resnet50', '-p', 'test_*.py'],
          verbose: true,
        },
        {
          name: 'whole-system tests',
          argv: ['vitest', 'run', '--project', 'e2e', '--project', 'e2e-alone', ...filters],
          verbose: true,
        },
      ]),
]

const root = join(import.meta.dirname, '..')
/** Enough for the failures at the end of a test runner's output, with the summary after them. */
const REPEATED_LINES = 150
const failed = new Map<string, string>()
for (const check of CHECKS) {
  const output = await run(check)
  if (output !== undefined) failed.set(check.name, output)
}
// A CI log is read from its end, and may be cut at its beginning.
for (const [name, output] of failed) {
  process.stdout.write(`\nFailed: ${name}\n${output.trimEnd().split('\n').slice(-REPEATED_LINES).join('\n')}\n`)
}
process.stdout.write(`\nchecks: ${CHECKS.length - failed.size} passed, ${failed.size} failed`)
process.stdout.write(failed.size > 0 ? ` (${[...failed.keys()].join(', ')})\n` : '\n')
process.exit(failed.size === 0 ? 0 : 1)

/** What the check printed when it failed, else undefined. */
async function run({ name, argv, verbose = false }: Check): Promise<string | undefined> {
  const startedMs = performance.now()
  process.stdout.write(`${verbose ? '\n' : ''}${name} … ${verbose ? '\n' : ''}`)
  const { exitCode, output } = await execute(argv, verbose)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  process.stdout.write(`${verbose ? `${name}: ` : ''}${exitCode === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`)
  if (exitCode === 0) return undefined
  if (!verbose) process.stdout.write(output)
  return output
}

function execute(
  [command = '', ...args]: readonly string[],
  verbose: boolean,
): Promise<{ exitCode: number; output: string }> {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(':')
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
  return new Promise((resolve, reject) => {
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
    child.once('close', (code) => resolve({ exitCode: code ?? 1, output }))
    child.once('error', reject)
  })
}
