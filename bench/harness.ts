/**
 * What the harness adds to a local run, and what it takes from the workload: `radix bench run --json` and the same train.py
 * with the same arguments run bare, in turns. Both start Python through the same timing script.
 */
import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { selectJobEnvironment } from '../src/agent/job-environment.ts'
import { toJobKind } from '../src/agent/job-kinds/workload-job.ts'
import { findPython } from '../src/agent/python.ts'
import { Rate } from '../src/contract/schemas/common.ts'
import { WorkloadResult } from '../src/contract/schemas/workload.ts'
import { toFlags } from '../src/workloads/parameters.ts'
import { resnet50 } from '../src/workloads/resnet50.ts'
import { Resnet50Params } from '../src/workloads/testing/resnet50-params.ts'
import { createDataDirectory } from './control-plane.ts'
import { type Finding, perSecond, seconds } from './report.ts'
import { compareRounds, measureInTurns, median, p99, type Rounds } from './rounds.ts'

const ROOT = join(import.meta.dirname, '..')
const PAIRS = 5
const TARGET_SECONDS = 2
const Outcome = z.object({ status: z.literal('succeeded'), throughput: Rate })

type Params = z.input<typeof Resnet50Params>

export async function measureHarness(): Promise<Finding[]> {
  const { overheadSeconds, rounds } = await measurePairs(PAIRS, resnet50.quick)
  const [first = 0, ...later] = overheadSeconds
  const target = { text: `≤ ${TARGET_SECONDS} s`, met: median(later) <= TARGET_SECONDS }
  return [
    { what: 'harness around the workload', median: seconds(median(later)), p99: seconds(p99(later)), target },
    // It also makes the database and compiles the program: once for each data directory.
    { what: 'the same, first run in a new data directory', median: seconds(first) },
    ...describeImages('images', rounds),
  ]
}

export function describeImages(what: string, { harness, bare }: Pairs['rounds']): Finding[] {
  return [
    { what: `${what} through the harness`, median: perSecond(median(harness.flat())) },
    { what: `${what}, train.py bare`, median: perSecond(median(bare.flat())), ratio: compareRounds(harness, bare) },
  ]
}

interface Pairs {
  /** Of each run through the harness, that of the warm-up round first. */
  overheadSeconds: number[]
  /** Images per second. */
  rounds: Rounds<'harness' | 'bare'>
}

export async function measurePairs(pairs: number, params: Params): Promise<Pairs> {
  const directory = await createDataDirectory()
  try {
    const python = await createTimedPython(directory)
    const overheadSeconds: number[] = []
    const rounds = await measureInTurns(pairs, {
      harness: async () => {
        const run = await runHarness(directory, python, params)
        overheadSeconds.push(run.wallSeconds - run.workloadSeconds)
        return [run.imagesPerSecond]
      },
      bare: async () => [(await runBare(directory, python.path, params)).throughput.value],
    })
    return { overheadSeconds, rounds }
  } finally {
    await rm(directory, { recursive: true })
  }
}

interface TimedPython {
  path: string
  /** Seconds from before Python started until it had ended, of the last run of train.py. */
  readLastSeconds(): Promise<number>
}

/** A Python that notes how long each of its processes took. */
async function createTimedPython(directory: string): Promise<TimedPython> {
  const python = await findPython(process.env.RADIX_PYTHON, ROOT)
  const path = join(directory, 'timed-python')
  const log = join(directory, 'python-times')
  const script = `#!/bin/sh
started=$(date +%s%N)
'${python}' "$@"
code=$?
echo "$started $(date +%s%N)" >>'${log}'
exit $code
`
  await writeFile(path, script)
  await chmod(path, 0o755)
  const readLastSeconds = async () => {
    const [started, ended] = (await readFile(log, 'utf8')).trimEnd().split('\n').at(-1)?.split(' ').map(Number) ?? []
    return ((ended ?? Number.NaN) - (started ?? Number.NaN)) / 1e9
  }
  return { path, readLastSeconds }
}

/** The server is started and stopped by the command itself. */
async function runHarness(directory: string, python: TimedPython, params: Params) {
  const program = join(ROOT, 'src', 'cli', 'main.ts')
  const argv = [program, 'bench', 'run', ...toFlags(params), '--json', '--data-dir', join(directory, 'data')]
  const env = { ...process.env, RADIX_PYTHON: python.path }
  const startedMs = performance.now()
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: directory, env })
  const wallSeconds = (performance.now() - startedMs) / 1000
  const { throughput } = Outcome.parse(JSON.parse(stdout))
  return { wallSeconds, workloadSeconds: await python.readLastSeconds(), imagesPerSecond: throughput.value }
}

/** With the command and environment that the agent would give it; nobody reads its progress. */
export async function runBare(directory: string, python: string, params: Params): Promise<WorkloadResult> {
  const folder = join(directory, 'bare')
  await mkdir(folder, { recursive: true })
  const files = { resultPath: join(folder, 'result.json'), progressPath: join(folder, 'progress.jsonl') }
  const [command, ...argv] = toJobKind(resnet50).buildArgv(Resnet50Params.parse(params), files, {
    python,
    workloadDirectory: join(ROOT, 'workloads'),
  })
  await promisify(execFile)(command, argv, { cwd: folder, env: selectJobEnvironment(process.env) })
  return WorkloadResult.parse(JSON.parse(await readFile(files.resultPath, 'utf8')))
}
