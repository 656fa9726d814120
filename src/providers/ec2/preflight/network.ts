/** Checks that the machine can reach the control plane, SSM and the image registries. It needs no inbound access. */
import { RadixError } from '../../../errors/radix-error.ts'
import { errorFinding, type Finding } from '../../provider.ts'
import { letsHttpsOut } from '../network.ts'
import type { CheckContext } from './check.ts'

export async function checkNetwork(context: CheckContext): Promise<Finding[]> {
  const { region } = context.settings
  const subnets = await context.subnets()
  const findings = subnets
    .filter(({ wayOut }) => wayOut === 'none')
    .map(({ subnetId }) =>
      errorFinding(
        new RadixError('AWS_NETWORK_UNUSABLE', {
          reason: `Subnet ${subnetId} has no route to the internet.`,
          remedy: `Use a subnet whose route table has 0.0.0.0/0 to an internet gateway or a NAT: \`aws ec2 describe-route-tables --region ${region} --filters Name=association.subnet-id,Values=${subnetId}\`.`,
        }),
      ),
    )
  const group = await context.securityGroup()
  if (letsHttpsOut(group)) return findings
  const remedy = `\`aws ec2 authorize-security-group-egress --region ${region} --group-id ${group.GroupId} --protocol tcp --port 443 --cidr 0.0.0.0/0\``
  const reason = `Security group ${group.GroupId} does not allow outbound TCP 443.`
  return [...findings, errorFinding(new RadixError('AWS_NETWORK_UNUSABLE', { reason, remedy }))]
}
