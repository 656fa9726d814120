/**
 * A real OpenSSH server on the loopback interface, with keys and a home of its own and this user as its only account.
 * It is installed first where there is none and the user is root.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { SshHost } from '../inventory.ts'

export interface TestSshd {
  /** Also the place of what the host keeps. */
  directory: string
  /** The host as an inventory has it. */
  host: SshHost
  port: number
  start(): Promise<void>
  /** It stops listening. Connections go on. */
  stop(): Promise<void>
  /** All connections break, without a word to the client. */
  cut(): void
  /** Records the key of the host as known, and as the only one. */
  trustHostKey(): Promise<void>
  /** With another host key from the next start on. */
  changeHostKey(): Promise<void>
  /** Stops it, and removes its folder. */
  close(): Promise<void>
}

const INSTALL_LOCK = '/tmp/radix-test-sshd.lock'
const INSTALL = `
PATH=$PATH:/usr/sbin
if command -v sshd && command -v ssh; then exit; fi
apt="apt-get -qq -o DPkg::Lock::Timeout=60"
$apt update
$apt install -y --no-install-recommends openssh-server openssh-client`
const INSTALL_TIMEOUT_MS = 110_000
const START_TIMEOUT_MS = 30_000
const COMMAND_TIMEOUT_MS = 30_000
const PROGRAM = '/usr/sbin/sshd'

/** The reason, where there can be no server: tests are then left out, but never in CI. */
export function explainMissingSshd(): string | undefined {
  const reason = findReason()
  if (reason === undefined) return undefined
  if (process.env.CI) throw new Error(`CI needs an OpenSSH server: ${reason}`)
  process.stderr.write(`\n*** SKIPPED: the tests with an OpenSSH server, for ${reason}. ***\n\n`)
  return reason
}

function findReason(): string | undefined {
  if (process.platform !== 'linux') return 'a host is a Linux machine'
  if (existsSync(PROGRAM) || process.getuid?.() === 0) return undefined
  return 'there is none, and only root can install one'
}

/** Several test files may come at once: one installs, the others wait until all of it is there. */
function install(): void {
  execFileSync('flock', [INSTALL_LOCK, 'sh', '-ec', INSTALL], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

export async function startTestSshd(name = 'loopback', settings: readonly string[] = []): Promise<TestSshd> {
  install()
  const directory = await mkdtemp(join(tmpdir(), 'radix-sshd-'))
  const port = await findFreePort()
  const hostKey = join(directory, 'host_key')
  const identity = join(directory, 'identity')
  makeKey(hostKey)
  makeKey(identity)
  await writeFile(join(directory, 'authorized_keys'), await readFile(`${identity}.pub`))
  const home = join(directory, 'home')
  await mkdir(home)
  const knownHosts = join(directory, 'known_hosts')
  const trustHostKey = async () =>
    writeFile(knownHosts, `[127.0.0.1]:${port} ${await readFile(`${hostKey}.pub`, 'utf8')}`)
  await trustHostKey()
  const configuration = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `PidFile ${join(directory, 'sshd.pid')}`,
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    // Else each command waits for what this user's shell does at its start.
    `SetEnv HOME=${home}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'MaxStartups 100',
    ...settings,
  ]
  await writeFile(join(directory, 'sshd_config'), `${configuration.join('\n')}\n`)
  // Privilege separation of root needs it.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true })
  let server: ChildProcess | undefined
  const stop = async () => {
    const running = server
    server = undefined
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const ended = new Promise((resolve) => running.once('exit', resolve))
    running.kill('SIGKILL')
    await ended
  }
  const cut = () => {
    // They are children of the server, and of another process once it has stopped.
    for (const pid of findSessions(server?.pid, sessions)) kill(pid)
  }
  const sessions = new Set<number>()
  const sshd: TestSshd = {
    directory,
    port,
    host: {
      name,
      address: '127.0.0.1',
      port,
      user: userInfo().username,
      identity_file: identity,
      known_hosts: knownHosts,
      config_file: '/dev/null',
      directory: join(directory, 'host'),
      lease: join(directory, 'lease'),
    },
    async start() {
      server = spawn('setpriv', ['--pdeathsig', 'KILL', PROGRAM, '-D', '-e', '-f', join(directory, 'sshd_config')], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      const started = server
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`sshd did not start: ${said}`)), START_TIMEOUT_MS)
        started.stderr?.setEncoding('utf8').on('data', (text: string) => {
          said += text
          if (!said.includes('Server listening')) return
          clearTimeout(timer)
          resolve()
        })
        started.once('exit', () => {
          clearTimeout(timer)
          reject(new Error(`sshd ended: ${said}`))
        })
      })
    },
    async stop() {
      for (const pid of findSessions(server?.pid, sessions)) sessions.add(pid)
      await stop()
    },
    cut,
    trustHostKey,
    async changeHostKey() {
      await rm(hostKey)
      makeKey(hostKey)
    },
    async close() {
      cut()
      await stop()
      await rm(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  await sshd.start()
  return sshd
}

function makeKey(path: string): void {
  // It would ask whether to replace an existing key.
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path], {
    timeout: COMMAND_TIMEOUT_MS,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

/** The processes that serve connections: children of the server, and those that were when it was stopped. */
function findSessions(serverPid: number | undefined, earlier: ReadonlySet<number>): number[] {
  const found = [...earlier].filter((pid) => readText(`/proc/${pid}/cmdline`).includes('sshd'))
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readText(`/proc/${name}/stat`) : ''
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (serverPid !== undefined && Number(parent) === serverPid) found.push(Number(name))
  }
  return found
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it ended
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
