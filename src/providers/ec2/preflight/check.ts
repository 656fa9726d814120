/** What a check of the preflight is given, and how it says what it found. */
import type { RadixError } from '../../../errors/radix-error.ts'
import type { Finding, PreflightRequest } from '../../provider.ts'
import type { AwsClients } from '../aws-clients.ts'
import type { Ec2Settings } from '../settings.ts'

export interface CheckContext {
  clients: AwsClients
  settings: Ec2Settings
  request: PreflightRequest
  now: Date
}

export function errorFinding(error: RadixError): Finding {
  return { code: error.code, severity: 'error', message: error.why, fix: error.fix }
}

export function warningFinding(error: RadixError): Finding {
  return { ...errorFinding(error), severity: 'warning' }
}
