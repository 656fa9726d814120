/**
 * A bare Debian 12 with Debian's own Node 18, npm 9, git and PyTorch, and nothing of ours: its root file system is made from
 * Debian's packages. Needs root. Leaves to enter.sh what a command sees in it.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WAITING_THREADS } from '../../src/agent/job-environment.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const DEBIAN = 'bookworm'
/** Debian's PyTorch: a user without root cannot install one where PyTorch's own index is out of reach. */
const PACKAGES = ['nodejs', 'npm', 'git', 'ca-certificates', 'procps', 'python3-torch', 'libopenblas0-pthread']
const LEFT_OUT = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*', '/usr/lib/libtorch-test/*']
/** It would compile every Python module. Replaced meanwhile: only what PyTorch loads is compiled, by an import. */
const COMPILER = '/usr/bin/py3compile'
const DIVERT = 'dpkg-divert --quiet --local --rename'
/** The host's own source of Debian's packages, where the host is a Debian of the same release. */
const HOST_SOURCES = '/etc/apt/sources.list.d/debian.sources'
const MINUTE_MS = 60_000
/** What says how the outside is reached. */
const PASSED_ON =
  /^(https?_proxy|no_proxy|all_proxy|pip_index_url|uv_.*index.*|npm_config_registry|node_extra_ca_certs|ssl_cert_file)$/i

export const canMakeBareMachine = process.getuid?.() === 0 && process.platform === 'linux'

export interface Outcome {
  /** Null: it was ended after its time. */
  exitCode: number | null
  output: string
}

/**
 * Builds the root file system on first use, and answers where it is: in `.radix`, which keeps it; in CI, which keeps
 * nothing, in the temporary folder, which is in memory: dpkg flushes to disk at every step.
 */
export async function makeBareDebian(): Promise<string> {
  // Not by mmdebstrap's own option, which passes every file of the first packages through a filter of its own.
  const settings = ['force-unsafe-io', ...LEFT_OUT.map((path) => `path-exclude=${path}`)]
  const options = [
    '--mode=root',
    '--variant=apt',
    '--skip=cleanup/reproducible',
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Check-Valid-Until "false"',
    `--extract-hook=printf '%s\\n' ${settings.map((each) => `'${each}'`).join(' ')} >"$1/etc/dpkg/dpkg.cfg.d/settings"`,
    `--essential-hook=chroot "$1" ${DIVERT} --add ${COMPILER} && ln -s true "$1${COMPILER}"`,
    `--include=${PACKAGES.join(',')}`,
    `--customize-hook=rm "$1${COMPILER}" && chroot "$1" ${DIVERT} --remove ${COMPILER}`,
    '--customize-hook=chroot "$1" python3 -c "import torch"',
    '--customize-hook=chroot "$1" useradd --create-home --shell /bin/sh ann',
  ]
  const sources = existsSync(HOST_SOURCES) ? [HOST_SOURCES] : []
  const key = createHash('sha256')
    .update(JSON.stringify([DEBIAN, options]))
    .digest('hex')
    .slice(0, 12)
  const parent = process.env.CI ? tmpdir() : join(ROOT, '.radix')
  const folder = join(parent, `bare-debian-${key}`)
  if (existsSync(folder)) return folder
  if (!existsSync('/usr/bin/mmdebstrap')) {
    await succeed(['apt-get', 'update'])
    await succeed(['apt-get', 'install', '-y', '--no-install-recommends', 'mmdebstrap', 'debian-archive-keyring'])
  }
  const partial = `${folder}.${process.pid}`
  mkdirSync(parent, { recursive: true })
  try {
    // In a mount namespace of its own: after a kill, this machine's /dev would else still be mounted below what is removed.
    const namespace = ['unshare', '--mount', '--propagation', 'private']
    await succeed([...namespace, 'mmdebstrap', ...options, DEBIAN, partial, ...sources])
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return folder
}

/** In a clean clone: what is not committed is not in it. */
export async function runOnBareMachine(
  base: string,
  user: 'ann' | 'root',
  command: string,
  timeoutMs: number,
): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), 'radix-bare-'))
  const enter = join(import.meta.dirname, 'enter.sh')
  try {
    const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child']
    return await run([...namespaces, enter, base, scratch, ROOT, user, command], bareEnvironment(), timeoutMs)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function bareEnvironment(): NodeJS.ProcessEnv {
  const passedOn = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name))
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  // HOME is that of this machine's settings until enter.sh has read them.
  return {
    ...Object.fromEntries(passedOn),
    ...WAITING_THREADS,
    PATH: path,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    HOME: process.env.HOME,
  }
}

async function succeed(argv: readonly string[]): Promise<void> {
  const { exitCode, output } = await run(argv, process.env, 10 * MINUTE_MS)
  if (exitCode !== 0) throw new Error(`${argv[0]} ended with ${exitCode}:\n${output.slice(-4000)}`)
}

function run([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-1_000_000)
      })
    }
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, output }))
  })
}
