/** The launch itself, as a dry run: EC2 checks permissions and parameters, and launches nothing. */
import { RunInstancesCommand } from '@aws-sdk/client-ec2'
import { errorFinding, type Finding, warningFinding } from '../../provider.ts'
import { awsCodeOf, classifyEc2Error, toAwsError, toLaunchError } from '../ec2-errors.ts'
import { findImage } from '../image.ts'
import { buildRunInstances } from '../run-instances.ts'
import type { CheckContext } from './check.ts'

export async function checkLaunch(context: CheckContext): Promise<Finding[]> {
  const { clients, settings, request } = context
  const [image, [subnet]] = await Promise.all([findImage(clients, settings, context.now), context.subnets()])
  if (!subnet) return []
  const group = await context.securityGroup()
  const instanceType = settings.instanceTypes[0] ?? null
  const placement = { region: settings.region, zone: subnet.zone, instanceType, market: 'on-demand' as const }
  const input = buildRunInstances({
    settings,
    image,
    subnet,
    securityGroupId: group.GroupId ?? '',
    userData: '#!/bin/bash\n',
    request: {
      placement,
      runId: request.runId,
      clientToken: `${request.runId}-dry-run`,
      clusterId: 'none',
      clusterName: 'dry-run',
      apiBase: request.apiBase,
      onboardingTokenReference: 'none',
      deadlineAt: request.deadlineAt,
    },
  })
  try {
    await clients.ec2.send(new RunInstancesCommand({ ...input, DryRun: true }))
    return []
  } catch (error) {
    // This is how EC2 says that it would have launched.
    if (awsCodeOf(error) === 'DryRunOperation') return []
    const kind = classifyEc2Error(error)
    if (kind === 'capacity') return [warningFinding(toLaunchError(error, placement))]
    // A dry run launches nothing, even if its answer was lost.
    const isUnheard = kind === 'unanswered' || kind === 'network' || kind === 'throttled'
    return [errorFinding(isUnheard ? toAwsError(error) : toLaunchError(error, placement))]
  }
}
