/**
 * What can be learned of a machine from outside: its console, where the bootstrap says each phase, and, where the machine
 * answers to SSM, its logs. Redacted; for people and for the evidence.
 */
import { GetConsoleOutputCommand } from '@aws-sdk/client-ec2'
import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm'
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import { redact } from '../../core/redact.ts'
import type { AwsClients } from './aws-clients.ts'

const BOOT_MARK = 'RADIX_BOOT '
const BootPhase = z.object({ phase: z.string(), at: z.string().optional(), detail: z.string().optional() })
export type BootPhase = z.infer<typeof BootPhase>

const SSM_WAIT_MS = 15_000
const SSM_POLL_MS = 1000
const LOG_COMMANDS = [
  'tail -n 60 /var/log/cloud-init-output.log',
  'docker logs --tail 60 radix-agent 2>&1 || true',
  'nvidia-smi 2>&1 | head -20 || true',
]

export async function readConsole({ ec2 }: AwsClients, instanceId: string): Promise<string> {
  const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: instanceId, Latest: true }))
  return redact(Buffer.from(Output, 'base64').toString('utf8'))
}

/** The bootstrap's own lines, in order. What cannot be read as one is passed over. */
export function parseBootPhases(console: string): BootPhase[] {
  return console.split('\n').flatMap((line) => {
    const at = line.indexOf(BOOT_MARK)
    if (at === -1) return []
    try {
      return BootPhase.safeParse(JSON.parse(line.slice(at + BOOT_MARK.length))).data ?? []
    } catch {
      return []
    }
  })
}

/** Empty where the machine does not answer in time. */
export async function readLogsBySsm(clients: AwsClients, instanceId: string, clock: Clock): Promise<string> {
  const { ssm } = clients
  const document = { DocumentName: 'AWS-RunShellScript', Parameters: { commands: LOG_COMMANDS } }
  const { Command } = await ssm.send(new SendCommandCommand({ ...document, InstanceIds: [instanceId] }))
  if (!Command?.CommandId) return ''
  const invocation = new GetCommandInvocationCommand({ CommandId: Command.CommandId, InstanceId: instanceId })
  for (let waitedMs = 0; waitedMs < SSM_WAIT_MS; waitedMs += SSM_POLL_MS) {
    await clock.sleep(SSM_POLL_MS)
    const { Status, StandardOutputContent = '' } = await ssm.send(invocation)
    if (Status !== 'Pending' && Status !== 'InProgress' && Status !== 'Delayed') return redact(StandardOutputContent)
  }
  return ''
}
