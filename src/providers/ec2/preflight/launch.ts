/** The launch itself, as a dry run: EC2 checks permissions and parameters, and launches nothing. */
import { RunInstancesCommand } from '@aws-sdk/client-ec2'
import type { Finding } from '../../provider.ts'
import { awsCodeOf, classifyEc2Error, toLaunchError } from '../ec2-errors.ts'
import { findImage } from '../image.ts'
import { findSecurityGroup, findSubnets } from '../network.ts'
import { buildRunInstances } from '../run-instances.ts'
import { type CheckContext, errorFinding, warningFinding } from './check.ts'

export async function checkLaunch({ clients, settings, request }: CheckContext): Promise<Finding[]> {
  const [image, subnets] = await Promise.all([findImage(clients, settings), findSubnets(clients, settings)])
  const [subnet] = subnets
  if (!subnet) return []
  const group = await findSecurityGroup(clients, settings, subnet.vpcId)
  const instanceType = settings.instanceTypes[0] ?? null
  const input = buildRunInstances({
    settings,
    image,
    subnet,
    securityGroupId: group.GroupId ?? '',
    userData: '#!/bin/bash\n',
    request: {
      placement: { region: settings.region, zone: subnet.zone, instanceType, market: 'on-demand' },
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
    const finding = toLaunchError(error, `${instanceType} in ${subnet.zone}`)
    return [classifyEc2Error(error) === 'capacity' ? warningFinding(finding) : errorFinding(finding)]
  }
}
