/**
 * What moto lacks: it boots the instances. Each one's user data is run for real, as root, in namespaces of its own (process
 * ids and mounts), so that ending the instance ends everything in it. Powering off from inside does what the instance's
 * shutdown behaviour says. What the machine writes to its console can be asked for.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  type EC2Client,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { WAITING_THREADS } from '../../src/agent/job-environment.ts'
import { signalFor, within } from './within.ts'

export interface Hypervisor {
  readConsole(instanceId: string): Promise<string>
  /** Puts a file into the /opt of every instance, booted now or later. */
  writeToOpt(path: string, text: string): void
  /** Instances whose processes live. */
  readonly running: readonly string[]
  /** Ends them all. */
  close(): Promise<void>
}

export interface HypervisorOptions {
  ec2: EC2Client
  directory: string
  /** For the programs on the instance: where AWS is, where Docker is. */
  env: Record<string, string>
  /** Programs in the instance's /opt: what its image brings. */
  opt?: Readonly<Record<string, string>>
  /** Where its Docker engine finds the images that it would pull. One instance at a time uses it. */
  dockerData: string
  /** Calls of the user data to set a timer do nothing. */
  timersFail?: boolean
  /** There is no network but the loopback, and that is down. */
  isOffline?: boolean
  /** Programs that its image does not bring. */
  lacks?: readonly string[]
  /** Changes what the user data holds, such as how long it waits. */
  editUserData?: (userData: string) => string
}

const PROGRAMS = join(import.meta.dirname, 'instance-programs')
const LOOK_INTERVAL_MS = 100
const ANSWER_TIMEOUT_MS = 30_000
/** A look is a few questions, and may end an instance. */
const CLOSE_TIMEOUT_MS = 60_000
const END_TIMEOUT_MS = 15_000

/** True where namespaces can be made. */
export function canBootInstances(): boolean {
  try {
    const argv = ['--mount', '--pid', '--fork', '--mount-proc', 'true']
    execFileSync('unshare', argv, { stdio: 'ignore', timeout: ANSWER_TIMEOUT_MS })
    return true
  } catch {
    return false
  }
}

export function startHypervisor(options: HypervisorOptions): Hypervisor {
  const instances = new Map<string, Instance>()
  const opt: Record<string, string> = { ...options.opt }
  let closed = false
  const look = async () => {
    const { Reservations = [] } = await options.ec2.send(new DescribeInstancesCommand({}), bounded('the instances'))
    for (const { InstanceId = '', State } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
      const isUp = State?.Name === 'pending' || State?.Name === 'running'
      const known = instances.get(InstanceId)
      if (isUp && !known) instances.set(InstanceId, await Instance.boot(InstanceId, { ...options, opt }))
      else if (!isUp && known) await known.end()
      else if (known?.hasPoweredOff()) await shutDown(options.ec2, InstanceId)
    }
  }
  const loop = (async () => {
    while (!closed) {
      await look().catch((error: unknown) => process.stderr.write(`hypervisor: ${String(error)}\n`))
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS))
    }
  })()
  return {
    readConsole: (instanceId) => instances.get(instanceId)?.readConsole() ?? Promise.resolve(''),
    writeToOpt(path, text) {
      opt[path] = text
      for (const instance of instances.values()) instance.writeToOpt(path, text)
    },
    get running() {
      return [...instances].filter(([, instance]) => instance.isRunning).map(([id]) => id)
    },
    async close() {
      closed = true
      await within(CLOSE_TIMEOUT_MS, loop, () => 'the last look at the instances')
      for (const instance of instances.values()) await instance.end()
    },
  }
}

function bounded(what: string): { abortSignal: AbortSignal } {
  return { abortSignal: signalFor(ANSWER_TIMEOUT_MS, `AWS to answer: ${what}`) }
}

async function shutDown(ec2: EC2Client, InstanceId: string): Promise<void> {
  const asked = { InstanceId, Attribute: 'instanceInitiatedShutdownBehavior' as const }
  const answer = await ec2.send(
    new DescribeInstanceAttributeCommand(asked),
    bounded(`shutdown behaviour of ${InstanceId}`),
  )
  const isTheEnd = answer.InstanceInitiatedShutdownBehavior?.Value === 'terminate'
  const request = { InstanceIds: [InstanceId] }
  const limit = bounded(`the end of ${InstanceId}`)
  if (isTheEnd) await ec2.send(new TerminateInstancesCommand(request), limit)
  else await ec2.send(new StopInstancesCommand(request), limit)
}

class Instance {
  readonly #directory: string
  readonly #machine: ChildProcess
  readonly #ended: Promise<void>
  #isRunning = true
  #isEnding = false

  private constructor(directory: string, machine: ChildProcess) {
    this.#directory = directory
    this.#machine = machine
    this.#ended = new Promise((resolve) => {
      machine.once('close', () => {
        this.#isRunning = false
        resolve()
      })
    })
  }

  static async boot(id: string, options: HypervisorOptions): Promise<Instance> {
    const directory = join(options.directory, id)
    await mkdir(directory, { recursive: true })
    const request = new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'userData' })
    const { UserData } = await options.ec2.send(request, bounded(`the user data of ${id}`))
    const userData = Buffer.from(UserData?.Value ?? '', 'base64').toString()
    await writeFile(join(directory, 'user-data'), options.editUserData?.(userData) ?? userData)
    await chmod(join(directory, 'user-data'), 0o700)
    for (const [path, text] of Object.entries(options.opt ?? {})) writeProgram(join(directory, 'opt', path), text)
    const machine = spawn(
      'unshare',
      [
        ...(options.isOffline ? ['--net'] : []),
        ...['--mount', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc', join(PROGRAMS, 'init'), directory],
      ],
      {
        env: {
          ...WAITING_THREADS,
          ...options.env,
          PATH: `${PROGRAMS}:${process.env.PATH}`,
          HOME: '/root',
          INSTANCE_DIRECTORY: directory,
          DOCKER_DATA: options.dockerData,
          INSTANCE_LACKS: (options.lacks ?? []).join(' '),
          INSTANCE_TIMERS_FAIL: options.timersFail ? 'yes' : '',
        },
        stdio: 'ignore',
      },
    )
    return new Instance(directory, machine)
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  hasPoweredOff(): boolean {
    return existsSync(join(this.#directory, 'powered-off'))
  }

  writeToOpt(path: string, text: string): void {
    writeProgram(join(this.#directory, 'opt', path), text)
  }

  readConsole(): Promise<string> {
    return readFile(join(this.#directory, 'console.log'), 'utf8').catch(() => '')
  }

  /** The first process of a pid namespace takes all others with it. */
  async end(): Promise<void> {
    if (!this.#isEnding) this.#machine.kill('SIGKILL')
    this.#isEnding = true
    const what = () => `the processes of ${this.#directory} to end after SIGKILL`
    await within(END_TIMEOUT_MS, this.#ended, what)
  }
}

function writeProgram(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}
