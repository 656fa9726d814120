/** Why an instance ended, from EC2's `StateReason`, with a cause for each known one. Pure. */
import type { Instance } from '@aws-sdk/client-ec2'
import type { MachineEnd } from '../provider.ts'
import { kindOfCode } from './aws-error-kinds.ts'

const CHECK_KMS =
  'Let the role that launches use the KMS key of the volume (`kms:CreateGrant`, `kms:Decrypt`, `kms:GenerateDataKeyWithoutPlaintext`, `kms:ReEncrypt*`), and check that the key is enabled.'
const TAKE_ANOTHER_PLACE =
  'Try later, or allow more choices: several `--instance-type` and `--subnet-id` values, or `--fallback-region`.'

/** In order of precedence. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
const ENDS: readonly { code?: RegExp; message?: RegExp; cause: string; remedy: string; kind?: MachineEnd['kind'] }[] = [
  {
    message: /kms|key[^\n]{0,200}?(disabled|inaccessible|not exist)/i,
    cause: 'EC2 may not use the KMS key that encrypts its volume',
    remedy: CHECK_KMS,
  },
  {
    code: /VolumeLimitExceeded/,
    cause: 'The account has reached its limit of EBS storage',
    remedy:
      'Delete unused volumes (`aws ec2 describe-volumes --filters Name=status,Values=available`), or lower `--root-volume-gib`.',
  },
  {
    code: /SpotInstance(Termination|Shutdown)/,
    cause: 'AWS took the spot machine back',
    remedy: '',
    kind: 'reclaim',
  },
  {
    code: /Insufficient[A-Za-z]{0,40}Capacity|ReservationCapacityExceeded/,
    cause: 'AWS had no capacity for it after all',
    remedy: TAKE_ANOTHER_PLACE,
    kind: 'capacity',
  },
  {
    code: /Server\.ScheduledStop/,
    cause: 'AWS stopped it for maintenance of its host',
    remedy: 'Run again: another host is chosen.',
  },
  {
    code: /Server\.InternalError/,
    cause:
      'AWS had an internal error while it started the machine (a volume that cannot be decrypted causes the same error)',
    remedy: `Run again. If it happens again with an encrypted AMI: ${CHECK_KMS}`,
  },
  {
    code: /Client\.InvalidSnapshot/,
    cause: 'The snapshot of the AMI does not exist or is not shared with this account',
    remedy: 'Name another AMI with `--ami-id`, or leave it out to get the newest Deep Learning AMI.',
  },
  {
    code: /Client\.InternalError/,
    cause: 'The machine could not boot from its volume (often: EC2 may not use the KMS key that encrypts it)',
    remedy: CHECK_KMS,
  },
  {
    code: /Client\.InstanceInitiatedShutdown/,
    cause: 'The machine shut itself down (its bootstrap gave up, its agent ended, or its dead-man timer fired)',
    remedy: 'Read its log.',
  },
  {
    code: /Client\.UserInitiatedShutdown|Client\.UserInitiatedHibernate/,
    cause: 'A user or another program of the account terminated it',
    remedy: 'CloudTrail records who did: look there for `TerminateInstances`.',
  },
]

/** Null while EC2 gives no reason: a live instance has none, or that of its start. */
export function findMachineEnd({ State, StateReason }: Instance): MachineEnd | null {
  const { Code = '', Message = '' } = StateReason ?? {}
  if (!Code || (State?.Name !== 'terminated' && State?.Name !== 'shutting-down' && State?.Name !== 'stopped'))
    return null
  const known = ENDS.find(({ code, message }) => (code ? code.test(Code) : message?.test(`${Code} ${Message}`)))
  // An EC2 launch code with the responsible side before it: `Server.InsufficientInstanceCapacity`.
  const isCapacity = kindOfCode(Code.replace(/^(Server|Client)\./, '')) === 'capacity'
  const cause = known?.cause ?? 'EC2 ended it'
  return {
    cause: `${cause} (${Code})`,
    remedy: known?.remedy ?? '',
    kind: known?.kind ?? (isCapacity ? 'capacity' : 'other'),
  }
}
