/** Runs every check that costs nothing, all at once. Each is a file that returns findings or throws AWS's error. */

import { once } from '../../../core/once.ts'
import { asRadixError } from '../../../errors/render.ts'
import { errorFinding, type Finding } from '../../provider.ts'
import { toAwsError } from '../ec2-errors.ts'
import { findSecurityGroup, findSubnets } from '../network.ts'
import { checkAgentImage } from './agent-image.ts'
import { checkAgentProgram } from './agent-program.ts'
import { checkApiBase } from './api-base.ts'
import type { CheckContext, PreflightOptions } from './check.ts'
import { checkCost } from './cost.ts'
import { checkCredentials } from './credentials.ts'
import { checkLaunch } from './launch.ts'
import { checkNetwork } from './network.ts'
import { checkOffers } from './offers.ts'
import { checkProfile } from './profile.ts'
import { checkQuota } from './quota.ts'
import { checkReservation } from './reservation.ts'

type Check = (context: CheckContext) => Promise<Finding[]>

const CHECKS: Readonly<Record<string, Check>> = {
  credentials: checkCredentials,
  launch: checkLaunch,
  reservation: checkReservation,
  offers: checkOffers,
  quota: checkQuota,
  network: checkNetwork,
  profile: checkProfile,
  'agent-image': checkAgentImage,
  'agent-program': checkAgentProgram,
  'api-base': checkApiBase,
  cost: checkCost,
}

/** If AWS is unreachable, only the checks that do not need AWS run. Otherwise all run, whatever the others find. */
export async function runPreflight(options: PreflightOptions): Promise<Finding[]> {
  const context = prepareChecks(options)
  const credentials = await run(checkCredentials, context)
  if (credentials.some(({ code }) => code !== 'AWS_CREDENTIALS_SHORT')) {
    const withoutAws = [checkApiBase, checkAgentImage, checkAgentProgram]
    const found = await Promise.all(withoutAws.map((check) => run(check, context)))
    return [...credentials, ...found.flat()]
  }
  const others = Object.entries(CHECKS).filter(([name]) => name !== 'credentials')
  const found = await Promise.all(others.map(([, check]) => run(check, context)))
  return unique([...credentials, ...found.flat()])
}

function prepareChecks(options: PreflightOptions): CheckContext {
  const { clients, settings } = options
  const subnets = once(() => findSubnets(clients, settings))
  const securityGroup = once(async () => findSecurityGroup(clients, settings, (await subnets())[0]?.vpcId ?? ''))
  return { ...options, subnets, securityGroup }
}

async function run(check: Check, context: CheckContext): Promise<Finding[]> {
  try {
    return await check(context)
  } catch (error) {
    return [errorFinding(asRadixError(toAwsError(error)))]
  }
}

/** Two checks that meet the same problem report it once. */
function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map((finding) => [`${finding.code} ${finding.message}`, finding]))
  return [...seen.values()]
}
