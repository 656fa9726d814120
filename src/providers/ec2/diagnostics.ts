/**
 * What can be learned about a machine from outside: its console with the phases of the bootstrap, and its logs if it
 * answers to SSM. Redacted; for people and for the evidence.
 */

import { GetConsoleOutputCommand } from '@aws-sdk/client-ec2'
import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm'
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { INTERVALS } from '../../core/limits/intervals.ts'
import { ABSENT, found, type Lookup } from '../../core/lookup.ts'
import { firstObjectOf, tryParseOutsideJson } from '../../core/outside-json.ts'
import { redact } from '../../core/redact.ts'
import type { AwsClients } from './aws-clients.ts'
import { awsCodeOf } from './ec2-errors.ts'
import { lookUp } from './look-up.ts'

const BOOT_MARK = 'RADIX_BOOT '
const BootPhase = z.object({ phase: z.string(), at: z.string().optional(), detail: z.string().optional() })
export type BootPhase = z.infer<typeof BootPhase>

const SSM_POLL_MS = INTERVALS.ssmAnswer.value
const LOG_COMMANDS = [
  'tail -n 60 /var/log/cloud-init-output.log',
  'tail -n 60 /var/log/radix-agent.log 2>/dev/null || true',
  'docker logs --tail 60 radix-agent 2>&1 || true',
  'nvidia-smi 2>&1 | head -20 || true',
]

/** Absent until the machine has written something that EC2 shows. */
export function readConsole(clients: AwsClients, instanceId: string): Promise<Lookup<string>> {
  return lookUp(async () => {
    const output = await getConsole(clients, instanceId, true).catch((error: unknown) => {
      // Types on Xen (p3, p2, g3) have no latest output, only that of the boot.
      if (awsCodeOf(error) === 'UnsupportedOperation') return getConsole(clients, instanceId, false)
      throw error
    })
    const text = Buffer.from(output, 'base64').toString('utf8').slice(-EC2_LIMITS.console.value)
    return text ? found(redact(text)) : ABSENT
  })
}

async function getConsole({ ec2 }: AwsClients, InstanceId: string, Latest: boolean): Promise<string> {
  const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId, ...(Latest ? { Latest } : {}) }))
  return Output
}

/** The bootstrap's own lines, in order. Other programs also write to the console, even on the same line. */
export function parseBootPhases(console: string): BootPhase[] {
  return console.split('\n').flatMap((line) => {
    const [, ...marked] = line.split(BOOT_MARK)
    return marked.flatMap((text) => {
      const json = firstObjectOf(text)
      return (json && tryParseOutsideJson(json, BootPhase, { maxCharacters: json.length })) || []
    })
  })
}

/** Empty if the machine does not answer in time. */
export async function readLogsBySsm(clients: AwsClients, instanceId: string, clock: Clock): Promise<string> {
  const { ssm } = clients
  const document = { DocumentName: 'AWS-RunShellScript', Parameters: { commands: LOG_COMMANDS } }
  const { Command } = await ssm.send(new SendCommandCommand({ ...document, InstanceIds: [instanceId] }))
  if (!Command?.CommandId) return ''
  const invocation = new GetCommandInvocationCommand({ CommandId: Command.CommandId, InstanceId: instanceId })
  for (let waitedMs = 0; waitedMs < EC2_LIMITS.ssmLogs.value; waitedMs += SSM_POLL_MS) {
    await clock.sleep(SSM_POLL_MS)
    const { Status, StandardOutputContent = '' } = await ssm.send(invocation)
    if (Status !== 'Pending' && Status !== 'InProgress' && Status !== 'Delayed') return redact(StandardOutputContent)
  }
  return ''
}
