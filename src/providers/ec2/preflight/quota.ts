/** The account's vCPU quota has room for the machine: on-demand and spot are counted apart. */
import { DescribeInstancesCommand, DescribeInstanceTypesCommand, type Instance } from '@aws-sdk/client-ec2'
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas'
import { RadixError } from '../../../errors/radix-error.ts'
import type { Finding } from '../../provider.ts'
import { awsCodeOf } from '../ec2-errors.ts'
import { type CheckContext, errorFinding, warningFinding } from './check.ts'

interface Family {
  /** First letters of the instance types that share the quota. */
  prefixes: readonly string[]
  onDemand: string
  spot: string
}

/** https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html */
const FAMILIES: readonly Family[] = [
  { prefixes: ['g', 'vt'], onDemand: 'L-DB2E81BA', spot: 'L-3819A6DF' },
  { prefixes: ['p'], onDemand: 'L-417A185B', spot: 'L-7212CCBC' },
  { prefixes: ['a', 'c', 'd', 'h', 'i', 'm', 'r', 't', 'z'], onDemand: 'L-1216C47A', spot: 'L-34B43A08' },
]

export async function checkQuota(context: CheckContext): Promise<Finding[]> {
  const { clients, settings } = context
  const [instanceType = ''] = settings.instanceTypes
  const family = FAMILIES.find(({ prefixes }) => prefixes.includes(familyLetters(instanceType)))
  if (!family) return []
  const [needed, instances] = await Promise.all([readVcpus(context, instanceType), listLiving(context)])
  const markets = settings.spot ? (['spot', 'on-demand'] as const) : (['on-demand'] as const)
  const findings: Finding[] = []
  for (const market of markets) {
    const { region } = clients
    const placement = `${instanceType} ${market} in ${region}`
    const quota = await readQuota(context, market === 'spot' ? family.spot : family.onDemand)
    if (typeof quota === 'string') {
      findings.push(warningFinding(new RadixError('AWS_QUOTA_UNKNOWN', { placement, message: quota })))
      continue
    }
    const used = instances
      .filter((instance) => family.prefixes.includes(familyLetters(instance.InstanceType ?? '')))
      .filter((instance) => (instance.InstanceLifecycle === 'spot') === (market === 'spot'))
      .reduce((sum, { CpuOptions }) => sum + (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1), 0)
    if (used + needed <= quota) continue
    const message = `it needs ${needed} vCPUs, ${used} are in use, and the quota is ${quota}`
    const error = new RadixError('AWS_QUOTA_EXCEEDED', { placement, message, region })
    // Without room for spot there is on-demand to fall back to.
    findings.push(market === 'spot' ? warningFinding(error) : errorFinding(error))
  }
  return findings
}

function familyLetters(instanceType: string): string {
  return /^[a-z]+/.exec(instanceType)?.[0] ?? ''
}

async function readVcpus({ clients }: CheckContext, instanceType: string): Promise<number> {
  const request = new DescribeInstanceTypesCommand({ InstanceTypes: [instanceType as never] })
  const { InstanceTypes = [] } = await clients.ec2.send(request)
  return InstanceTypes[0]?.VCpuInfo?.DefaultVCpus ?? 0
}

async function listLiving({ clients }: CheckContext): Promise<Instance[]> {
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }]
  const { Reservations = [] } = await clients.ec2.send(new DescribeInstancesCommand({ Filters }))
  return Reservations.flatMap(({ Instances = [] }) => Instances)
}

/** In words where it cannot be read: no reason not to run, as EC2 decides at the launch. */
async function readQuota({ clients }: CheckContext, code: string): Promise<number | string> {
  try {
    const { Quota } = await clients.quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: code }))
    return Quota?.Value ?? `quota ${code} has no value`
  } catch (error) {
    return `${awsCodeOf(error)}: ${error instanceof Error ? error.message : String(error)}`
  }
}
