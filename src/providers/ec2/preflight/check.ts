/** What a check of the preflight is given, and how it says what it found. */
import type { SecurityGroup } from '@aws-sdk/client-ec2'
import type { RadixError } from '../../../errors/radix-error.ts'
import type { Finding, PreflightRequest } from '../../provider.ts'
import type { AwsClients } from '../aws-clients.ts'
import type { MachineSubnet } from '../network.ts'
import type { Ec2Settings } from '../settings.ts'

export interface PreflightOptions {
  clients: AwsClients
  settings: Ec2Settings
  request: PreflightRequest
  now: Date
}

/** What several checks look at is asked for once. */
export interface CheckContext extends PreflightOptions {
  subnets(): Promise<MachineSubnet[]>
  /** In the VPC of the first subnet. */
  securityGroup(): Promise<SecurityGroup>
}

export function errorFinding(error: RadixError): Finding {
  return { code: error.code, severity: 'error', message: error.why, fix: error.fix }
}

export function warningFinding(error: RadixError): Finding {
  return { ...errorFinding(error), severity: 'warning' }
}
