/**
 * A connection to a host by the system's OpenSSH client, with the user's own configuration, keys and known hosts. One
 * connection is held and carries everything: scripts, the upload and the tunnel. It ends with this process, however
 * that ends: the remote command waits for the end of its standard input.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { PROVIDER_LIMITS } from '../../core/limits/providers.ts'
import { once } from '../../core/once.ts'
import { shellWord } from '../../core/shell-word.ts'
import { isRadixError, type RadixError } from '../../errors/radix-error.ts'
import { type ProgramOutcome, runProgram } from '../../system/run-program.ts'
import { type HostAnswer, type HostVariables, parseHostAnswer, renderHostScript, type Verb } from './host-script.ts'
import type { SshHost } from './inventory.ts'
import { mayPass, sshErrorOf } from './ssh-errors.ts'

const CONNECT_SECONDS = Math.ceil(PROVIDER_LIMITS.sshConnect.value / 1000)
const GREETING = 'radix-connected'

export class SshConnection {
  readonly host: SshHost
  #master: Promise<Master> | undefined

  constructor(host: SshHost) {
    this.host = host
  }

  /** `SHA256:…` of the key by which the host proved its identity; undefined before the first connection. */
  fingerprint: string | undefined

  /** Runs a verb of `host.sh`. Throws the `RadixError` of `ssh-errors.ts`. */
  async call(verb: Verb, variables: HostVariables): Promise<HostAnswer> {
    const { directory, lease } = this.host
    const script = renderHostScript(verb, { base: directory, lease, ...variables })
    const argv = ['ssh', ...(await this.#options()), this.host.address, 'sh -s'] as const
    const outcome = await runProgram(argv, { timeoutMs: PROVIDER_LIMITS.sshCall.value, input: script })
    const answer = outcome.outcome === 'exited' ? parseHostAnswer(outcome.stdout) : undefined
    if (answer) return answer
    // A shell that ends well has not run the script to its end: it was cut off.
    throw this.#errorOf(outcome)
  }

  /** Unpacks the archive that a local command writes, in a folder of the host. */
  async upload(archive: string, folder: string): Promise<void> {
    const options = await this.#options()
    const unpack = `tar -xzf - -C ${shellWord(folder)}`
    const ssh = ['ssh', ...options, this.host.address, unpack].map(shellWord).join(' ')
    const argv = ['/bin/sh', '-c', `${archive} | ${ssh}`] as const
    const env = { ...process.env, COPYFILE_DISABLE: '1' } // macOS adds files of its own otherwise
    const outcome = await runProgram(argv, { timeoutMs: PROVIDER_LIMITS.sshUpload.value, env })
    if (outcome.outcome !== 'exited' || outcome.exitCode !== 0) throw this.#errorOf(outcome)
  }

  /**
   * Lets the host reach a port of this machine, and answers with the port of its loopback interface. `port`: the one of
   * an earlier connection.
   */
  async forward(target: { host: string; port: number }, port = 0): Promise<number> {
    const { controlPath } = await this.#connect()
    const rule = `127.0.0.1:${port}:${target.host}:${target.port}`
    // Without the user's configuration: its own forwards are not wanted.
    const argv = ['ssh', '-F', '/dev/null', '-o', `ControlPath=${controlPath}`, '-O', 'forward', '-R', rule] as const
    const outcome = await runProgram([...argv, this.host.address], { timeoutMs: PROVIDER_LIMITS.sshCall.value })
    if (outcome.outcome !== 'exited' || outcome.exitCode !== 0) throw this.#errorOf(outcome)
    return port || Number(/\d+/.exec(outcome.stdout)?.[0])
  }

  /** The connection that carries a tunnel may have been lost: then there is a new one, without it. */
  async id(): Promise<object> {
    return this.#connect()
  }

  /** Ends the connection, and what it carries. */
  async close(): Promise<void> {
    const master = await this.#master?.catch(() => undefined)
    this.#master = undefined
    await master?.close()
  }

  async #options(): Promise<string[]> {
    const { controlPath } = await this.#connect()
    return [
      ...clientOptions(this.host),
      '-o',
      'ControlMaster=no',
      '-o',
      `ControlPath=${controlPath}`,
      '-o',
      'LogLevel=INFO',
    ]
  }

  /** One after the other: there are never two. */
  #connect(): Promise<Master> {
    const before = this.#master
    this.#master = this.#renew(before)
    this.#master.catch(() => {}) // callers that await it get the error
    return this.#master
  }

  async #renew(before: Promise<Master> | undefined): Promise<Master> {
    const current = await before?.catch(() => undefined)
    if (current?.isAlive()) return current
    await current?.close()
    const master = await startMaster(this.host).catch(async (error: unknown) => {
      if (!isRadixError(error) || !mayPass(error)) throw error
      await systemClock.sleep(INTERVALS.sshConnect.value)
      return startMaster(this.host)
    })
    this.fingerprint = master.fingerprint ?? this.fingerprint
    return master
  }

  #errorOf(outcome: ProgramOutcome): RadixError {
    return sshErrorOf(this.host.name, destinationOf(this.host), outcome)
  }
}

/** For messages. */
export function destinationOf({ address, port, user }: SshHost): string {
  return `${user === undefined ? '' : `${user}@`}${address}${port === undefined ? '' : ` port ${port}`}`
}

/** What the user configured stays, but for what would change the meaning of our commands. */
function clientOptions(host: SshHost): string[] {
  const settings = {
    BatchMode: 'yes',
    ConnectTimeout: String(CONNECT_SECONDS),
    ServerAliveInterval: '5',
    ServerAliveCountMax: '3',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    ClearAllForwardings: 'yes',
    PermitLocalCommand: 'no',
    RemoteCommand: 'none',
    RequestTTY: 'no',
    ...(host.known_hosts === undefined ? {} : { UserKnownHostsFile: host.known_hosts }),
    ...(host.host_key_checking === undefined ? {} : { StrictHostKeyChecking: host.host_key_checking }),
  }
  return [
    ...(host.config_file === undefined ? [] : ['-F', host.config_file]),
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...(host.port === undefined ? [] : ['-p', String(host.port)]),
    ...(host.user === undefined ? [] : ['-l', host.user]),
    ...(host.identity_file === undefined ? [] : ['-i', host.identity_file]),
  ]
}

interface Master {
  controlPath: string
  fingerprint: string | undefined
  isAlive(): boolean
  close(): Promise<void>
}

/** Resolves once the host has answered. */
async function startMaster(host: SshHost): Promise<Master> {
  // A socket's path must be short, so it is not in the data directory.
  const folder = await mkdtemp(join(tmpdir(), 'radix-ssh-'))
  const controlPath = join(folder, 'c')
  const hold = `echo ${GREETING}; cat >/dev/null`
  const options = [
    '-o',
    'ControlMaster=yes',
    '-o',
    `ControlPath=${controlPath}`,
    '-o',
    'ControlPersist=no',
    '-o',
    'LogLevel=DEBUG1',
  ]
  const child = spawn('ssh', [...clientOptions(host), ...options, host.address, hold], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const removeFolder = once(() => rm(folder, { recursive: true, force: true }).catch(() => {}))
  const close = async () => {
    child.kill('SIGTERM')
    await removeFolder()
  }
  try {
    const stderr = await untilConnected(child, host)
    return {
      controlPath,
      // With a jump host there are several; the last is the host's own.
      fingerprint: [...stderr.matchAll(/Server host key: \S+ (SHA256:\S+)/g)].at(-1)?.[1],
      isAlive: () => child.exitCode === null && child.signalCode === null,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function untilConnected(child: ChildProcess, host: SshHost): Promise<string> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    const fail = (outcome: ProgramOutcome) => {
      clearTimeout(timer)
      reject(sshErrorOf(host.name, destinationOf(host), outcome))
    }
    const timer = setTimeout(() => fail({ outcome: 'timed-out', stdout, stderr }), PROVIDER_LIMITS.sshConnect.value)
    child.stdin?.on('error', () => {}) // it ended
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-PROVIDER_LIMITS.sshMessages.value)
    })
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-PROVIDER_LIMITS.sshMessages.value)
      if (!stdout.includes(GREETING)) return
      clearTimeout(timer)
      // The connection must not keep this process alive.
      child.unref()
      for (const stream of child.stdio) if (stream instanceof Socket) stream.unref()
      resolve(stderr)
    })
    child.once('error', (error: NodeJS.ErrnoException) =>
      fail({ outcome: 'not-started', code: error.code ?? 'unknown', reason: error.message }),
    )
    child.once('close', (exitCode, signal) => fail({ outcome: 'exited', exitCode, signal, stdout, stderr }))
  })
}
