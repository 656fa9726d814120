/**
 * A moto server of its own: it answers to the real AWS SDK as AWS does (EC2, SSM, IAM, STS, pricing, …), and keeps
 * nothing. `npm test` installs it (tools/setup/moto.mjs); RADIX_MOTO_SERVER names another.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'

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
  const child = spawn(program, ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // The policies that AWS itself keeps in every account, such as AmazonSSMManagedInstanceCore.
    env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' },
  })
  const endWithParent = () => void child.kill('SIGKILL')
  process.once('exit', endWithParent)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const url = await readUrl(child.stderr, ended).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  return {
    url,
    env: environment(url),
    reset: () => post(`${url}/moto-api/reset`),
    enforcePolicies: () => post(`${url}/moto-api/reset-auth`, '0'),
    async stop() {
      process.removeListener('exit', endWithParent)
      child.kill('SIGKILL')
      await ended
    },
  }
}

function findMoto(): string | undefined {
  const named = process.env.RADIX_MOTO_SERVER
  return named || (existsSync(OWN_PROGRAM) ? OWN_PROGRAM : undefined)
}

/** It binds the port before it says so: who connects after that is answered. */
function readUrl(stderr: NodeJS.ReadableStream, ended: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string) => reject(new Error(`moto_server ${why}:\n${output}`))
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS)
    void ended.then(() => fail('ended'))
    stderr.on('data', (chunk) => {
      output = `${output}${chunk}`.slice(-10_000)
      const [, url] = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(output) ?? []
      if (!url) return
      clearTimeout(timer)
      resolve(url)
    })
  })
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
  const response = await fetch(url, { method: 'POST', ...(body === undefined ? {} : { body }) })
  if (!response.ok) throw new Error(`moto answered ${response.status} to ${url}`)
}
