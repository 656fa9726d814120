/** What runs have on a host. */
import { isId } from '../../core/ids.ts'
import { type Lease, parseLease } from './host-script.ts'
import { refuseBlind } from './look.ts'
import type { SshConnection } from './ssh-connection.ts'

export interface HostState {
  lease: Lease | null
  machines: { runId: string; machineId: string; createdAt: Date | null }[]
}

/** Every machine on a host, of all runs of its user, and the host's lease with its holder. */
export async function readHost(connection: SshConnection): Promise<HostState> {
  const answer = await connection.call('find_machines', {})
  refuseBlind(answer, connection.host.name)
  const lease = parseLease(answer.first('lease') ?? '')
  const machines = new Map<string, HostState['machines'][number]>()
  for (const line of answer.all('machine')) {
    const [runId = '', machineId = '', created] = line.split(' ')
    if (!isId('run', runId) || !isId('m', machineId) || machines.has(machineId)) continue
    machines.set(machineId, { runId, machineId, createdAt: created ? new Date(Number(created) * 1000) : null })
  }
  return { lease, machines: [...machines.values()] }
}
