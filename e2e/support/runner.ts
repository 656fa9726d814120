/**
 * What GitHub's runner is to an Action: inputs and state in the environment, files for outputs, summary and state, commands
 * on stdout, and the sequence by which it cancels. https://github.com/actions/runner (ProcessInvoker)
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import { within } from './within.ts'

const ACTION = join(import.meta.dirname, '..', '..', 'dist', 'action')
const FILES = ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'GITHUB_STATE'] as const
type RunnerFile = (typeof FILES)[number]
/** Between the signals of a cancel. */
const SIGTERM_AFTER_MS = 7500
const SIGKILL_AFTER_MS = 2500
const RUN_TIMEOUT_MS = 150_000

export interface Annotation {
  level: 'error' | 'warning' | 'notice'
  title: string
  message: string
}

export interface Ended {
  exitCode: number | null
  signal: NodeJS.Signals | null
  log: string
}

export interface ActionProcess {
  log(): string
  /** Resolves once its log has the text. */
  waitFor(text: string): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** Rejects when it does not end in time, counted from the moment of asking. */
  readonly ended: Promise<Ended>
}

/** One step of a job that uses the Action, and its post step. */
export class Runner {
  readonly directory: string
  readonly #env: Record<string, string | undefined>
  readonly #inputs: Record<string, string>

  private constructor(directory: string, inputs: Record<string, string>, env: Record<string, string | undefined>) {
    this.directory = directory
    this.#inputs = inputs
    this.#env = env
  }

  static async create(inputs: Record<string, string>, env: Record<string, string | undefined> = {}): Promise<Runner> {
    const directory = await mkdtemp(join(tmpdir(), 'radix-runner-'))
    for (const file of FILES) await writeFile(join(directory, file), '')
    return new Runner(directory, inputs, env)
  }

  /** Another step of the same job: its files are its own, the machine and its folders are the same. */
  async nextStep(inputs: Record<string, string>): Promise<Runner> {
    for (const file of FILES) await writeFile(join(this.directory, file), '')
    return new Runner(this.directory, { ...this.#inputs, ...inputs }, this.#env)
  }

  start(entry: 'main' | 'post'): ActionProcess {
    const inputs = Object.entries(this.#inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
    const child = spawn(process.execPath, [join(ACTION, `${entry}.mjs`)], {
      cwd: this.directory,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_REPOSITORY_ID: '74',
        GITHUB_RUN_ID: '1001',
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_RUN_NUMBER: '12',
        RUNNER_TEMP: this.directory,
        ...Object.fromEntries(FILES.map((file) => [file, join(this.directory, file)])),
        ...Object.fromEntries(inputs),
        ...this.#env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return follow(child)
  }

  async run(entry: 'main' | 'post'): Promise<Ended> {
    return this.start(entry).ended
  }

  /** With the state that the step saved, as the runner passes it on. */
  async runPost(): Promise<Ended> {
    const state = await this.#readPairs('GITHUB_STATE')
    const env = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))
    return new Runner(this.directory, this.#inputs, { ...this.#env, ...env }).run('post')
  }

  readOutputs(): Promise<Record<string, string>> {
    return this.#readPairs('GITHUB_OUTPUT')
  }

  readSummary(): Promise<string> {
    return readFile(join(this.directory, 'GITHUB_STEP_SUMMARY'), 'utf8')
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true })
  }

  async #readPairs(file: RunnerFile): Promise<Record<string, string>> {
    const text = await readFile(join(this.directory, file), 'utf8')
    const pairs = [...text.matchAll(/^(.+?)<<(ghadelimiter_\S+)\n([\s\S]*?)\n?\2$/gm)]
    return Object.fromEntries(pairs.map(([, name, , value]) => [name, value]))
  }
}

/**
 * As the runner cancels: an interrupt, a request to end, the end. Answers with the signal that it took. `patience`: the part of
 * the runner's own that it has.
 */
export async function cancel(running: ActionProcess, patience = 1): Promise<NodeJS.Signals> {
  const isOver = (ms: number) => Promise.race([running.ended.then(() => true), delay(ms, false)])
  running.kill('SIGINT')
  if (await isOver(SIGTERM_AFTER_MS * patience)) return 'SIGINT'
  running.kill('SIGTERM')
  if (await isOver(SIGKILL_AFTER_MS * patience)) return 'SIGTERM'
  running.kill('SIGKILL')
  await running.ended
  return 'SIGKILL'
}

export function readAnnotations(log: string): Annotation[] {
  const decode = (text: string) =>
    text.replaceAll('%0A', '\n').replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%')
  return [...log.matchAll(/^::(error|warning|notice)(?: title=([^:]*))?::(.*)$/gm)].map(
    ([, level, title, message]) => ({
      level: level as Annotation['level'],
      title: decode(title ?? ''),
      message: decode(message ?? ''),
    }),
  )
}

/** A secret may be in the log only where the runner is told of it, and must be told of before anything else has it. */
export function expectMasked(log: string, secrets: readonly string[]): void {
  const visible = log.replaceAll(/^::add-mask::.*$/gm, '')
  for (const secret of secrets) {
    expect(log).toContain(`::add-mask::${secret}`)
    expect(visible).not.toContain(secret)
  }
}

/** Collects what a program writes, and answers when it has ended. */
export function follow(child: ChildProcess): ActionProcess {
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      log += text
    })
  }
  const over = new Promise<Ended>((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, log }))
  })
  return {
    log: () => log,
    get ended() {
      const bounded = within(RUN_TIMEOUT_MS, over, () => `the end of the Action, which wrote:\n${log}`)
      bounded.catch(() => {}) // a caller that asked and no longer waits
      return bounded
    },
    kill: (signal) => void child.kill(signal),
    async waitFor(text) {
      const atEnd = over.then(() => {
        if (!log.includes(text)) throw new Error(`it ended without writing ${text}:\n${log}`)
      })
      await Promise.race([atEnd, vi.waitFor(() => expect(log).toContain(text), { timeout: 60_000, interval: 5 })])
    },
  }
}
