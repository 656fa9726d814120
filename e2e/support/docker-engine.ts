/**
 * A real Docker engine for tests: the one of this machine, else one that is started for them in a folder of its own,
 * installed first where there is none and the user is root. It has no network of its own and no registry.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { within } from './within.ts'

export interface DockerEngine {
  socketPath: string
  /** Answers with what `docker …` wrote to stdout; `input` is its stdin. */
  docker(args: readonly string[], input?: Buffer): string
  stop(): Promise<void>
}

const SYSTEM_SOCKET = '/var/run/docker.sock'
/** Of the machine: each run of the tests has a temporary folder of its own. */
const INSTALL_LOCK = '/tmp/radix-test-docker.lock'
/** The `docker` program is a package of its own in newer distributions, and no package in older ones. */
const INSTALL = `
PATH=$PATH:/usr/sbin
if command -v dockerd && command -v docker && test -e /bin/busybox; then exit; fi
apt="apt-get -qq -o DPkg::Lock::Timeout=60"
$apt update
packages=
for name in docker.io docker-cli runc busybox-static; do
  if apt-cache policy $name | grep -q 'Candidate: [0-9]'; then packages="$packages $name"; fi
done
$apt install -y --no-install-recommends $packages`
const START_ATTEMPTS = 120
const INSTALL_TIMEOUT_MS = 110_000
const COMMAND_TIMEOUT_MS = 100_000
const PING_TIMEOUT_MS = 5000
const END_TIMEOUT_MS = 20_000

/** The reason, where there can be no engine: tests are then left out, but never in CI. */
export function explainMissingEngine(): string | undefined {
  if (process.platform !== 'linux') return 'no engine answers, and one can be started on Linux only'
  if (process.getuid?.() !== 0) return 'no engine answers, and only root can start one'
  return undefined
}

export async function findOrStartEngine(): Promise<DockerEngine | undefined> {
  const present = process.env.DOCKER_HOST?.replace(/^unix:\/\//, '') ?? SYSTEM_SOCKET
  if (await answers(present)) return connect(present, async () => {})
  const reason = explainMissingEngine()
  if (reason === undefined) return startEngine()
  if (process.env.CI) throw new Error(`CI needs a Docker engine: ${reason}`)
  process.stderr.write(`\n*** SKIPPED: the tests with a Docker engine, for ${reason}. ***\n\n`)
  return undefined
}

/** `dataRoot`: where images are kept when it has stopped; absent, they go with it. */
export async function startEngine(dataRoot?: string): Promise<DockerEngine> {
  install()
  const directory = await mkdtemp(join(tmpdir(), 'radix-docker-'))
  const socketPath = join(directory, 'docker.sock')
  const logPath = join(directory, 'dockerd.log')
  const log = await open(logPath, 'a')
  // It ends with the test process, even when that is killed.
  const daemon = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'TERM', 'dockerd'],
      ...['--storage-driver', 'vfs', '--iptables=false', '--bridge=none', '--host', `unix://${socketPath}`],
      ...['--data-root', dataRoot ?? join(directory, 'data'), '--exec-root', join(directory, 'exec')],
      ...['--pidfile', join(directory, 'dockerd.pid')],
    ],
    { stdio: ['ignore', log.fd, log.fd] },
  )
  await log.close()
  for (let attempt = 0; !(await answers(socketPath)); attempt++) {
    if (attempt === START_ATTEMPTS || daemon.exitCode !== null) {
      daemon.kill('SIGKILL')
      throw new Error(`dockerd did not start:\n${(await readFile(logPath, 'utf8')).slice(-4000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return connect(socketPath, async () => {
    await end(daemon)
    await unmountBelow(directory)
    await rm(directory, { recursive: true, force: true })
  })
}

/** Several test files may come at once: one installs, the others wait until all of it is there. */
function install(): void {
  execFileSync('flock', [INSTALL_LOCK, 'sh', '-ec', INSTALL], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

function connect(socketPath: string, stop: () => Promise<void>): DockerEngine {
  const env = { ...process.env, DOCKER_HOST: `unix://${socketPath}` }
  return {
    socketPath,
    docker: (args, input) =>
      execFileSync('docker', args, {
        env,
        input: input ?? '',
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'pipe'],
        timeout: COMMAND_TIMEOUT_MS,
      }),
    stop,
  }
}

/** The mounts of an engine outlive it while other mounts hold them. */
async function unmountBelow(directory: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '')
  for (const path of mounts.filter((path) => path.startsWith(`${directory}/`)).reverse()) {
    execFileSync('umount', ['--lazy', path], { stdio: 'ignore', timeout: COMMAND_TIMEOUT_MS })
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(PING_TIMEOUT_MS)
    const ping = request({ socketPath, path: '/_ping', signal }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    ping.once('error', () => resolve(false))
    ping.end()
  })
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return
  const ended = new Promise((resolve) => daemon.once('exit', resolve))
  daemon.kill('SIGTERM')
  await within(END_TIMEOUT_MS, ended, () => 'dockerd to end').catch(() => daemon.kill('SIGKILL'))
  await within(END_TIMEOUT_MS, ended, () => 'dockerd to end after SIGKILL')
}
