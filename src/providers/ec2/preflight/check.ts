/** The input of a preflight check, and how it reports findings. */
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

/** Looked up once for several checks. */
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
