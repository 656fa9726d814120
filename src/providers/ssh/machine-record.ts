/** What is kept here of a machine on a host. It never says what is running: only the host does. */
import { z } from 'zod'
import { Timestamp } from '../../contract/schemas/common.ts'

export const MachineRecord = z.object({
  machineId: z.string(),
  runId: z.string(),
  /** The name of the host in the inventory. */
  host: z.string(),
  /** Null while the launch is only intended: it is not known whether anything was started. */
  launchedAt: Timestamp.nullable(),
  /** The host reaches the control plane of this machine by `port` of its own loopback interface. */
  tunnel: z
    .object({ port: z.number().int(), target: z.object({ host: z.string(), port: z.number().int() }) })
    .nullable(),
  terminationRequestedAt: Timestamp.nullable(),
  terminatedAt: Timestamp.nullable(),
  /** The proof of termination. */
  terminationProof: z.string().nullable(),
})
export type MachineRecord = z.infer<typeof MachineRecord>

export function newRecord(machineId: string, runId: string, host: string): MachineRecord {
  return {
    machineId,
    runId,
    host,
    launchedAt: null,
    tunnel: null,
    terminationRequestedAt: null,
    terminatedAt: null,
    terminationProof: null,
  }
}
