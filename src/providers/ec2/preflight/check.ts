/** The input of a preflight check. */
import type { SecurityGroup } from '@aws-sdk/client-ec2'
import type { PreflightRequest } from '../../provider.ts'
import type { AwsClients } from '../aws-clients.ts'
import type { MachineSubnet } from '../network.ts'
import type { Ec2Settings } from '../settings.ts'

export interface PreflightOptions {
  clients: AwsClients
  settings: Ec2Settings
  request: PreflightRequest
  /** The machine reaches the control plane through a relay only. */
  usesRelay: boolean
  now: Date
}

/** Looked up once for several checks. */
export interface CheckContext extends PreflightOptions {
  subnets(): Promise<MachineSubnet[]>
  /** In the VPC of the first subnet. */
  securityGroup(): Promise<SecurityGroup>
}
