/**
 * A moto server of its own: it answers to the real AWS SDK as AWS does (EC2, SSM, IAM, STS, pricing, …), and keeps
 * nothing. `npm test` installs it (tools/setup/test-tools.mjs); RADIX_MOTO_SERVER names another.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe } from 'vitest'
import { signalFor, within } from './within.ts'

export interface Moto {
  url: string
  /** What sends the AWS SDK of a child process, or of this one with `vi.stubEnv`, to it and to nowhere else. */
  env: Record<string, string>
  /** Forgets all that was created, within milliseconds. */
  reset(): Promise<void>
  /** From the next call on, policies decide: who has no right is denied, as in AWS. For good. */
  enforcePolicies(): Promise<void>
  stop(): Promise<void>
}

const OWN_PROGRAM = join(import.meta.dirname, '..', '..', '.radix', 'moto', 'bin', 'moto_server')
const START_TIMEOUT_MS = 60_000
const END_TIMEOUT_MS = 10_000
const ANSWER_TIMEOUT_MS = 30_000
export const MOTO_REGION = 'us-west-2'

/** `describe` for tests that need moto: skipped where there is none, said loudly; never skipped where CI is set. */
export function describeWithMoto(name: string, tests: () => void): void {
  if (findMoto() || process.env.CI) return void describe(name, tests)
  process.stderr.write(`\n*** SKIPPED for want of moto: ${name}. Run \`npm test\`, which installs it. ***\n\n`)
  describe.skip(name, tests)
}

/** Starts it on a free port of the loopback and waits until it answers. */
export async function startMoto(): Promise<Moto> {
  const program = findMoto()
  if (!program) throw new Error('there is no moto_server: run `npm test`, or set RADIX_MOTO_SERVER')
  // Into a file: a pipe would fill up, and hold moto up, while a test waits for a child in `spawnSync`.
  const directory = mkdtempSync(join(tmpdir(), 'radix-moto-'))
  const logPath = join(directory, 'log')
  const log = openSync(logPath, 'w')
  const child = spawn(program, ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      // The policies that AWS itself keeps in every account, such as AmazonSSMManagedInstanceCore.
      MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
      // A thousand images that no test asks for; to make and to list them takes seconds. See `prepareRegion`.
      MOTO_EC2_LOAD_DEFAULT_AMIS: 'false',
      PYTHONPATH: [join(import.meta.dirname, 'moto-python'), process.env.PYTHONPATH].filter(Boolean).join(delimiter),
    },
  })
  closeSync(log)
  let stopRegistry: (() => void) | undefined
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const end = () => {
    child.kill('SIGKILL')
    stopRegistry?.()
    rmSync(directory, { recursive: true, force: true })
  }
  process.once('exit', end)
  const registry = await startRegistry()
  stopRegistry = registry.stop
  const url = await readUrl(logPath, child).catch((error: unknown) => {
    end()
    throw error
  })
  return {
    url,
    env: { ...environment(url), BENCH_AGENT_IMAGE: registry.image },
    reset: () => post(`${url}/moto-api/reset`),
    enforcePolicies: () => post(`${url}/moto-api/reset-auth`, '0'),
    async stop() {
      process.removeListener('exit', end)
      end()
      await within(END_TIMEOUT_MS, ended, () => 'moto_server to end after SIGKILL')
    },
  }
}

function findMoto(): string | undefined {
  const named = process.env.RADIX_MOTO_SERVER
  return named || (existsSync(OWN_PROGRAM) ? OWN_PROGRAM : undefined)
}

/**
 * A registry that has every image, which the preflight asks. A process of its own: it answers while a test waits for a child
 * in `spawnSync`, too.
 */
async function startRegistry(): Promise<{ image: string; stop(): void }> {
  const manifest = JSON.stringify({ manifests: [{ platform: { os: 'linux', architecture: 'amd64' } }] })
  const program = `const s = require('node:http').createServer((_, a) => a.end(${JSON.stringify(manifest)}))
    s.listen(0, '127.0.0.1', () => console.log(s.address().port))`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] })
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()))
    child.once('error', reject)
  })
  return { image: `127.0.0.1:${port}/radix-agent:test`, stop: () => void child.kill('SIGKILL') }
}

/** It binds the port before it says so: who connects after that is answered. */
async function readUrl(logPath: string, child: ChildProcess): Promise<string> {
  for (const startedMs = performance.now(); performance.now() - startedMs < START_TIMEOUT_MS; await delay(30)) {
    const [, url] = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(readFileSync(logPath, 'utf8')) ?? []
    if (url) return url
    if (child.exitCode !== null || child.signalCode !== null) break
  }
  throw new Error(`moto_server did not start:\n${readFileSync(logPath, 'utf8')}`)
}

/** The files are named so that no profile, credential or region of the user's own account is ever used. */
function environment(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
    AWS_SESSION_TOKEN: '',
    AWS_PROFILE: '',
    AWS_REGION: MOTO_REGION,
    AWS_DEFAULT_REGION: MOTO_REGION,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

async function post(url: string, body?: string): Promise<void> {
  const signal = signalFor(ANSWER_TIMEOUT_MS, `moto's answer to ${url}`)
  const response = await fetch(url, { method: 'POST', signal, ...(body === undefined ? {} : { body }) })
  if (!response.ok) throw new Error(`moto answered ${response.status} to ${url}`)
}
