/**
 * Checks that the account's vCPU quotas have room for each type that may be launched. On-demand and spot have separate
 * quotas.
 */
import { type Instance, paginateDescribeInstanceTypes } from '@aws-sdk/client-ec2'
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas'
import { found, type Lookup, unknown } from '../../../core/lookup.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { errorFinding, type Finding, warningFinding } from '../../provider.ts'
import { messageOf } from '../ec2-errors.ts'
import { listInstances } from '../instances.ts'
import { listAll } from '../list-all.ts'
import { type QuotaMarket, quotaFamilyOf, sharesQuota, vcpuRemedy } from '../quotas.ts'
import type { CheckContext } from './check.ts'

interface Facts {
  vcpus: ReadonlyMap<string, number>
  instances: readonly Instance[]
  readQuota(code: string): Promise<Lookup<number>>
}

export async function checkQuota(context: CheckContext): Promise<Finding[]> {
  const { settings } = context
  // A reservation counts against the quota from its beginning, and a Capacity Block against none.
  if (settings.capacityReservationId !== undefined) return []
  const [vcpus, instances] = await Promise.all([readVcpus(context), listLiving(context)])
  const quotas = new Map<string, Promise<Lookup<number>>>()
  const readQuota = (code: string) => {
    const asked = quotas.get(code) ?? askQuota(context, code)
    quotas.set(code, asked)
    return asked
  }
  const facts = { vcpus, instances, readQuota }
  const markets: readonly QuotaMarket[] = settings.spot ? ['spot', 'on-demand'] : ['on-demand']
  const candidates = markets.flatMap((market) =>
    settings.instanceTypes.map((instanceType) => ({ instanceType, market })),
  )
  const checked = await Promise.all(
    candidates.map(({ instanceType, market }) => checkCandidate(context, facts, instanceType, market)),
  )
  const exceeded = checked.filter((error) => error?.code === 'AWS_QUOTA_EXCEEDED')
  // If one candidate has room, that one is launched.
  const isHopeless = exceeded.length === candidates.length
  return checked.flatMap((error) => {
    if (!error) return []
    return [isHopeless && error.code === 'AWS_QUOTA_EXCEEDED' ? errorFinding(error) : warningFinding(error)]
  })
}

async function checkCandidate(
  { clients: { region } }: CheckContext,
  { vcpus, instances, readQuota }: Facts,
  instanceType: string,
  market: QuotaMarket,
): Promise<RadixError | undefined> {
  const placement = `${instanceType} ${market} in ${region}`
  const notKnown = (message: string) => new RadixError('AWS_QUOTA_UNKNOWN', { placement, message })
  const needed = vcpus.get(instanceType)
  // EC2 does not offer it here; the check of the offers reports that.
  if (needed === undefined) return undefined
  const code = quotaFamilyOf(instanceType)?.codes[market]
  if (!code) return notKnown('Radix does not know which quota the type counts against')
  const quota = await readQuota(code)
  if (quota.outcome !== 'found')
    return notKnown(quota.outcome === 'unknown' ? quota.reason : `there is no quota ${code}`)
  const used = instances
    .filter(({ InstanceType = '' }) => sharesQuota(instanceType, InstanceType, market))
    .filter(({ InstanceLifecycle }) => (InstanceLifecycle === 'spot') === (market === 'spot'))
    .reduce((sum, { CpuOptions }) => sum + (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1), 0)
  if (used + needed <= quota.value) return undefined
  const message = `it needs ${needed} vCPUs, ${used} are in use, and the quota is ${quota.value}`
  const remedy = vcpuRemedy(region, instanceType, market, used + needed)
  return new RadixError('AWS_QUOTA_EXCEEDED', { placement, message, remedy })
}

/** By filter, not by name: one type that a region lacks would fail the whole call. */
async function readVcpus({ clients, settings }: CheckContext): Promise<ReadonlyMap<string, number>> {
  const request = { Filters: [{ Name: 'instance-type', Values: [...settings.instanceTypes] }] }
  const pages = paginateDescribeInstanceTypes({ client: clients.ec2 }, request)
  const types = await listAll(pages, (page) => page.InstanceTypes)
  return new Map(types.map(({ InstanceType = '', VCpuInfo }) => [InstanceType, VCpuInfo?.DefaultVCpus ?? 0]))
}

function listLiving({ clients }: CheckContext): Promise<Instance[]> {
  return listInstances(clients, { Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }] })
}

/** An unreadable quota does not stop a run: EC2 decides at the launch. */
async function askQuota({ clients }: CheckContext, code: string): Promise<Lookup<number>> {
  try {
    const { Quota } = await clients.quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: code }))
    return Quota?.Value === undefined ? unknown(`quota ${code} has no value`) : found(Quota.Value)
  } catch (error) {
    return unknown(messageOf(error), error)
  }
}
