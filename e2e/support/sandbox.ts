/** A data directory of its own for one test, the processes started in it, and the proof that none of them is left. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, inject, vi } from 'vitest'
import { mintLocalToken } from '../../src/cli/shared/sign-in/local.ts'
import { embeddedConnectionOf } from '../../src/control-plane/store/embedded-postgres.ts'
import { copyUsedDatabase } from '../../src/control-plane/testing/used-database.ts'
import { within } from './within.ts'

export interface Finished {
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  /** Rejects when it does not end in time, counted from the moment of asking. */
  readonly finished: Promise<Finished>
  /** What it has written so far. */
  output(): string
  /** Answers with the match once its output has one; fails when it ends without. */
  waitFor(pattern: RegExp): Promise<readonly string[]>
  kill(signal: NodeJS.Signals): void
}

const PROGRAM = inject('program')
/** All programs of all tests share what is compiled: each data directory is new, and would start with nothing. */
const COMPILE_CACHE = join(dirname(PROGRAM), 'compile-cache')
/** In the environment of a program that is to keep its own, in its data directory, as it does for a user. */
export const OWN_COMPILE_CACHE = { NODE_COMPILE_CACHE: undefined }
const TOKEN_TTL_SECONDS = 3600
/** Every process that a test starts carries it, so that the ones left behind are found. */
const MARKER = 'E2E_SANDBOX'
const WAIT = { timeout: 60_000, interval: 20 }
/** Less than a test has, so that it fails with what the program wrote. */
const RUN_TIMEOUT_MS = 150_000
/** A run that is asked to end takes its machine down; one that takes longer has nothing more to say. */
const END_TIMEOUT_MS = 30_000

/** Whether a command line is that of `radix VERB …`, also where another process has started it. */
export function isRadix(command: string, verb: string): boolean {
  return command.includes(`${PROGRAM} ${verb}`)
}

export class Sandbox {
  readonly directory: string
  /** What `radix …` runs here: the clone, unless a test is about the program as it is installed. */
  program: readonly string[] = [process.execPath, PROGRAM]
  readonly #running = new Set<Running>()

  private constructor(directory: string) {
    this.directory = directory
  }

  static async create(): Promise<Sandbox> {
    const directory = await mkdtemp(join(tmpdir(), 'radix-e2e-'))
    // Under root the embedded database runs as another user, who must pass through.
    await chmod(directory, 0o711)
    return new Sandbox(directory)
  }

  /** With a data directory whose database is made: to make it takes a while. */
  static async createUsed(): Promise<Sandbox> {
    const sandbox = await Sandbox.create()
    await copyUsedDatabase(sandbox.dataDir)
    return sandbox
  }

  get dataDir(): string {
    return join(this.directory, 'data')
  }

  /** Beside what the tests themselves were started with. */
  get environment(): Record<string, string | undefined> {
    return {
      RADIX_DATA_DIR: this.dataDir,
      RADIX_API_BASE: undefined,
      RADIX_TOKEN: undefined,
      NO_COLOR: '1',
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      [MARKER]: this.directory,
    }
  }

  /** Starts `radix …`. */
  radix(argv: readonly string[], env: Record<string, string | undefined> = {}): Running {
    return this.#start([...this.program, ...argv], env, 'ignore')
  }

  /** The same on a terminal of its own; `typeCtrlC` is its Ctrl-C. */
  radixOnTerminal(argv: readonly string[], env: Record<string, string | undefined> = {}) {
    const command = [...this.program, ...argv].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
    // Without `exec`, dash stays between the two: it dies of the same Ctrl-C, and its 130 hides the program's exit code.
    const argvOnTerminal = ['script', '--quiet', '--return', '--command', `exec ${command}`, '/dev/null']
    const running = this.#start(argvOnTerminal, env, 'pipe')
    return Object.assign(running, { typeCtrlC: () => void running.child.stdin?.write('\x03') })
  }

  #start(
    [program = '', ...argv]: readonly string[],
    env: Record<string, string | undefined>,
    stdin: 'ignore' | 'pipe',
  ): Running {
    const child = spawn(program, argv, {
      cwd: this.directory,
      env: { ...process.env, ...this.environment, ...env },
      stdio: [stdin, 'pipe', 'pipe'],
    })
    const running = follow(child, [program, ...argv].join(' '))
    this.#running.add(running)
    child.once('close', () => this.#running.delete(running))
    return running
  }

  /** Runs `radix …` to its end. */
  run(argv: readonly string[], env: Record<string, string | undefined> = {}): Promise<Finished> {
    return this.radix(argv, env).finished
  }

  /** Runs `radix …`, which must succeed, and answers with its stdout. */
  async output(argv: readonly string[], env: Record<string, string | undefined> = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(argv, env)
    expect(exitCode, stderr).toBe(0)
    return stdout.trim()
  }

  /** What `radix auth token` prints here, without starting a program for it. */
  mintToken(): Promise<string> {
    return mintLocalToken(this.dataDir, TOKEN_TTL_SECONDS)
  }

  /**
   * The processes that tests in this sandbox started, and all that came of them. Read in one go: some hundred small files take
   * eight times as long with a promise for each, and tests look many times.
   */
  processes(): { pid: number; command: string }[] {
    const found: { pid: number; command: string }[] = []
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
      const command = readProcFile(name, 'cmdline').replaceAll('\0', ' ').trim()
      // A thread of the kernel.
      if (command === '') continue
      // The embedded database has an environment of its own: its command line names the directory.
      const isOurs =
        command.includes(this.directory) || readProcFile(name, 'environ').includes(`${MARKER}=${this.directory}`)
      if (isOurs) found.push({ pid: Number(name), command })
    }
    return found
  }

  async expectNoProcesses(): Promise<void> {
    await vi.waitFor(() => expect(this.processes()).toEqual([]), WAIT)
  }

  /** Ends what a failed test left, and removes the folder. */
  async remove(): Promise<void> {
    for (const running of this.#running) running.kill('SIGTERM')
    const ended = [...this.#running].map(({ child }) => new Promise((resolve) => child.once('close', resolve)))
    // What does not end by itself is killed below.
    await within(END_TIMEOUT_MS, Promise.all(ended), () => 'programs to end').catch(() => {})
    for (const { pid } of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 })
    // A database that was killed leaves its socket.
    await rm(String(embeddedConnectionOf(this.dataDir).host), { recursive: true, force: true })
  }
}

/** Empty for one that has ended, or is another user's. */
function readProcFile(pid: string, name: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

function follow(child: ChildProcess, command: string): Running {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const ended = new Promise<Finished>((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }))
  })
  const output = () => stdout + stderr
  return {
    child,
    pid: child.pid ?? 0,
    get finished() {
      const bounded = within(RUN_TIMEOUT_MS, ended, () => `the end of ${command}, which wrote:\n${output()}`)
      bounded.catch(() => {}) // a caller that asked and no longer waits
      return bounded
    },
    output,
    async waitFor(pattern) {
      const find = () => output().match(pattern)
      const foundAtEnd = ended.then(({ exitCode, signal }) => {
        const match = find()
        if (match) return match
        throw new Error(`${command} ended (${signal ?? exitCode}) without writing ${pattern}:\n${output()}`)
      })
      const seen = vi.waitFor(() => {
        const match = find()
        expect(match, output()).not.toBeNull()
        return match ?? []
      }, WAIT)
      return Promise.race([foundAtEnd, seen])
    },
    kill: (signal) => void child.kill(signal),
  }
}
