/**
 * `npm test`: every check, the same here and in CI, the fast ones first. `--fast` stops before the whole-system tests;
 * any other argument is passed to the test runner.
 */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
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
const logDirectory = await mkdtemp(join(tmpdir(), 'radix-check-'))
const failed: string[] = []
for (const check of CHECKS) if (!(await run(check))) failed.push(check.name)
await rm(logDirectory, { recursive: true })
const passedCount = CHECKS.length - failed.length
if (failed.length > 0) process.stdout.write(`\nFailed: ${failed.join(', ')}\n`)
process.stdout.write(`\nchecks: ${passedCount} passed, ${failed.length} failed\n`)
process.exit(failed.length === 0 ? 0 : 1)

/** True when the check passed. */
async function run({ name, argv, verbose }: Check): Promise<boolean> {
  const startedMs = performance.now()
  process.stdout.write(`${verbose ? '\n' : ''}${name} … ${verbose ? '\n' : ''}`)
  const exitCode = await execute(argv, verbose ? undefined : join(logDirectory, 'output'))
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  process.stdout.write(`${verbose ? `${name}: ` : ''}${exitCode === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`)
  if (exitCode !== 0 && !verbose) process.stdout.write(await readFile(join(logDirectory, 'output'), 'utf8'))
  return exitCode === 0
}

function execute([command = '', ...args]: readonly string[], logPath: string | undefined): Promise<number> {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(':')
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', logPath ? 'pipe' : 'inherit', logPath ? 'pipe' : 'inherit'],
    })
    if (logPath) {
      const log = createWriteStream(logPath)
      child.stdout?.pipe(log, { end: false })
      child.stderr?.pipe(log, { end: false })
      child.once('close', (code) => log.end(() => resolve(code ?? 1)))
    } else child.once('close', (code) => resolve(code ?? 1))
    child.once('error', reject)
  })
}
