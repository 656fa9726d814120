/** Finds what runs left on the hosts of an inventory: by their folders, their processes and the lease. */
import { newId } from '../../core/ids.ts'
import { printableLine } from '../../core/printable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { brandOf } from '../../system/process-brand.ts'
import type { Leftover, Sweeper } from '../leftover.ts'
import { readHost } from './host-state.ts'
import type { SshHost } from './inventory.ts'
import { refuseBlind } from './look.ts'
import { SshConnection } from './ssh-connection.ts'

/** One per host: one that does not answer does not hide the others. */
export function createSshSweepers(hosts: readonly SshHost[]): Sweeper[] {
  return hosts.map((host) => {
    const connection = new SshConnection(host)
    return {
      name: `ssh ${host.name}`,
      list: () => listLeftovers(connection),
      remove: (leftover) => remove(connection, leftover),
      close: () => connection.close(),
    }
  })
}

async function listLeftovers(connection: SshConnection): Promise<Leftover[]> {
  const { lease, machines } = await readHost(connection)
  const region = connection.host.name
  const agents = machines.map(({ machineId, runId, createdAt }): Leftover => {
    const isLeased = lease?.runId === runId
    const detail = `agent${isLeased ? ` of ${lease.user}` : ', without a lease'}`
    return {
      kind: 'agent',
      id: machineId,
      region,
      runId,
      createdAt,
      deadlineAt: isLeased ? lease.deadlineAt : null,
      detail,
    }
  })
  if (!lease || machines.some(({ runId }) => runId === lease.runId)) return agents
  const { runId, claimedAt, deadlineAt, user } = lease
  return [
    ...agents,
    {
      kind: 'lease',
      id: connection.host.lease,
      region,
      runId,
      createdAt: claimedAt,
      deadlineAt,
      detail: `lease of ${user}`,
    },
  ]
}

/** The host looks again whose it is: `end` touches only what carries both ids. */
async function remove(connection: SshConnection, { kind, id, runId }: Leftover): Promise<void> {
  const machine = kind === 'agent' ? id : newId('m')
  const answer = await connection.call('end', { run: runId, machine, brand: brandOf('machine', machine) })
  const { name } = connection.host
  refuseBlind(answer, name)
  const problem = answer.first('problem')
  if (problem === undefined) return
  const remedy = 'Remove it as the user of the host who owns it, or as root.'
  throw new RadixError('SSH_HOST_UNSUITABLE', { host: name, reason: printableLine(problem), remedy })
}
