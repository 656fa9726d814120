/** Finds what a host lacks for a run, before anything is started there. */
import { PROVIDER_LIMITS } from '../../core/limits/providers.ts'
import { printableLine } from '../../core/printable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import type { PreflightRequest } from '../provider.ts'
import type { AgentProgram } from './agent-program.ts'
import { type HostAnswer, parseLease } from './host-script.ts'
import { platformOf } from './platform.ts'
import type { SshConnection } from './ssh-connection.ts'

/** Everything that is missing; empty if the run can use the host. Does not throw `RadixError`. */
export async function findObstaclesOn(
  connection: SshConnection,
  program: AgentProgram,
  request: PreflightRequest,
): Promise<RadixError[]> {
  const { host } = connection
  try {
    const answer = await connection.call('check', { python: host.python ?? '' })
    return [
      ...checkSystem(answer, host),
      ...checkProgram(answer, host.name, program),
      ...checkWork(answer, host, request),
      ...checkLease(answer, host.name, request),
    ]
  } catch (error) {
    return [asRadixError(error)]
  }
}

function checkSystem(answer: HostAnswer, { name, directory }: SshConnection['host']): RadixError[] {
  const say = (reason: string, remedy: string) => new RadixError('SSH_HOST_UNSUITABLE', { host: name, reason, remedy })
  const system = answer.first('system') ?? 'unknown'
  if (system !== 'Linux') return [say(`its system is ${printableLine(system)}`, 'Use a host with Linux.')]
  const missing = answer.all('missing').join(', ')
  const freeKib = Number(answer.first('free_kib') ?? Number.POSITIVE_INFINITY)
  return [
    ...(missing
      ? [say(`it has no ${printableLine(missing)}`, 'Install them on the host with its package manager.')]
      : []),
    ...(answer.first('unwritable') === undefined
      ? []
      : [
          say(
            `the folder ${directory} cannot be created`,
            'Give a folder that the user may write to: `directory` in the inventory.',
          ),
        ]),
    ...(freeKib * 1024 < PROVIDER_LIMITS.sshFreeDisk.value
      ? [
          say(
            `only ${Math.round(freeKib / 1024)} MiB are free below ${directory}`,
            'Free space there, or give another `directory` in the inventory.',
          ),
        ]
      : []),
  ]
}

function checkProgram(answer: HostAnswer, host: string, program: AgentProgram): RadixError[] {
  try {
    program.command(platformOf(host, answer))
    return []
  } catch (error) {
    return [asRadixError(error)]
  }
}

function checkWork(
  answer: HostAnswer,
  { name, python }: SshConnection['host'],
  { needsGpu }: PreflightRequest,
): RadixError[] {
  const say = (reason: string, remedy: string) => new RadixError('SSH_HOST_UNSUITABLE', { host: name, reason, remedy })
  const found: RadixError[] = []
  if (answer.first('python') === undefined) {
    const reason = python === undefined ? 'it has no Python with PyTorch in its PATH' : `it has no ${python}`
    found.push(say(reason, 'Give the path of a Python that has PyTorch: `python` in the inventory.'))
  }
  if (needsGpu && answer.all('gpu').length === 0) {
    found.push(
      say('`nvidia-smi -L` lists no GPU', 'Check its driver, or run the workload on the CPU with `--allow-cpu`.'),
    )
  }
  return found
}

function checkLease(answer: HostAnswer, host: string, { runId }: PreflightRequest): RadixError[] {
  const busy = busyError(host, answer.first('lease') ?? '', runId)
  return busy ? [busy] : []
}

/** Undefined if the host is free, or taken by this run. */
export function busyError(host: string, leaseText: string, runId: string): RadixError | undefined {
  if (leaseText === '') return undefined
  const lease = parseLease(leaseText)
  if (lease?.runId === runId) return undefined
  return new RadixError('SSH_HOST_BUSY', {
    host,
    run_id: lease?.runId ?? 'unknown',
    user: lease?.user ?? 'unknown',
    until: lease?.deadlineAt.toISOString() ?? 'an unknown time',
  })
}
