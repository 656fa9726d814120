/** The record of a machine on disk. It never says what is running: only the process table does. */
import { z } from 'zod'
import { Timestamp } from '../../contract/schemas/common.ts'

export const MachineRecord = z.object({
  machineId: z.string(),
  runId: z.string(),
  /** Null while the launch is only intended: it is not known whether anything was started. */
  launchedAt: Timestamp.nullable(),
  agentPid: z.number().int().nullable(),
  terminationRequestedAt: Timestamp.nullable(),
  terminatedAt: Timestamp.nullable(),
  /** The proof of termination. */
  terminationProof: z.string().nullable(),
})
export type MachineRecord = z.infer<typeof MachineRecord>
