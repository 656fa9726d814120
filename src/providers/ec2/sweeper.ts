/** What one region of an account holds of ours: instances, volumes without an instance, parameters. */
import { DeleteVolumeCommand, type Tag, TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { DeleteParameterCommand, ListTagsForResourceCommand, paginateDescribeParameters } from '@aws-sdk/client-ssm'
import type { Leftover, Sweeper } from '../leftover.ts'
import type { AwsClients } from './aws-clients.ts'
import { classifyEc2Error, explainAwsErrors, toAwsError } from './ec2-errors.ts'
import { findInstances } from './instances.ts'
import { listAll } from './list-all.ts'
import { MANAGED_BY_VALUES, PARAMETER_ROOT, TAG } from './names.ts'
import { listVolumes } from './volumes.ts'

type Kind = Leftover['kind']

/** One for each kind of thing, so that a failure for one kind does not hide the others. */
export function createEc2Sweepers(clients: AwsClients): Sweeper[] {
  return Object.entries(LISTERS).map(([kind, list]) => ({
    name: `ec2 ${clients.region} ${kind}s`,
    list: () => explainAwsErrors(() => list(clients)),
    async remove(leftover) {
      try {
        const still = (await list(clients)).find(({ id }) => id === leftover.id)
        if (still?.runId === leftover.runId) await REMOVERS[leftover.kind](clients, leftover.id)
      } catch (error) {
        if (classifyEc2Error(error) !== 'gone') throw toAwsError(error)
      }
    },
  }))
}

const LISTERS: Record<Kind, (clients: AwsClients) => Promise<Leftover[]>> = {
  instance: listInstances,
  volume: listVolumesLeft,
  parameter: listParameters,
}

const REMOVERS: Record<Kind, (clients: AwsClients, id: string) => Promise<unknown>> = {
  instance: ({ ec2 }, id) => ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] })),
  volume: ({ ec2 }, id) => ec2.send(new DeleteVolumeCommand({ VolumeId: id })),
  parameter: ({ ssm }, id) => ssm.send(new DeleteParameterCommand({ Name: id })),
}

/** Both tags: the `ManagedBy` of another tool may have the same value, but no run of ours. */
function ours(tags: readonly Tag[] | undefined) {
  const value = (key: string) => tags?.find(({ Key }) => Key === key)?.Value
  const runId = value(TAG.runId)
  if (runId === undefined || !(MANAGED_BY_VALUES as readonly string[]).includes(value(TAG.managedBy) ?? ''))
    return undefined
  const deadlineMs = Date.parse(value(TAG.deadline) ?? '')
  return { runId, deadlineAt: Number.isNaN(deadlineMs) ? null : new Date(deadlineMs) }
}

async function listInstances(clients: AwsClients): Promise<Leftover[]> {
  const instances = await findInstances(clients, { [TAG.managedBy]: [...MANAGED_BY_VALUES] })
  return instances.flatMap(({ InstanceId = '', Tags, LaunchTime = null, State, InstanceType }) => {
    const tags = ours(Tags)
    // On its way out already: there is nothing to ask for.
    if (!tags || State?.Name === 'shutting-down') return []
    const detail = `${InstanceType} ${State?.Name}`
    return { kind: 'instance' as const, id: InstanceId, region: clients.region, createdAt: LaunchTime, detail, ...tags }
  })
}

async function listVolumesLeft(clients: AwsClients): Promise<Leftover[]> {
  const filters = [
    { Name: `tag:${TAG.managedBy}`, Values: [...MANAGED_BY_VALUES] },
    // Attached ones go with their instance.
    { Name: 'status', Values: ['available', 'error'] },
  ]
  const volumes = await listVolumes(clients, { Filters: filters })
  return volumes.flatMap(({ VolumeId = '', Tags, CreateTime = null, Size }) => {
    const tags = ours(Tags)
    if (!tags) return []
    const detail = `${Size} GiB, attached to nothing`
    return { kind: 'volume' as const, id: VolumeId, region: clients.region, createdAt: CreateTime, detail, ...tags }
  })
}

async function listParameters({ ssm, region }: AwsClients): Promise<Leftover[]> {
  const filter = { Key: 'Path', Option: 'Recursive', Values: [PARAMETER_ROOT] }
  const pages = paginateDescribeParameters({ client: ssm }, { ParameterFilters: [filter] })
  const parameters = await listAll(pages, (page) => page.Parameters)
  const found: Leftover[] = []
  for (const { Name = '', LastModifiedDate = null } of parameters) {
    const request = { ResourceType: 'Parameter' as const, ResourceId: Name }
    const { TagList = [] } = await ssm.send(new ListTagsForResourceCommand(request)).catch((error: unknown) => {
      // Its run deleted it in the meantime.
      if (classifyEc2Error(error) === 'gone') return { TagList: [] }
      throw error
    })
    const tags = ours(TagList)
    const detail = 'a secret of a run'
    if (tags) found.push({ kind: 'parameter', id: Name, region, createdAt: LastModifiedDate, detail, ...tags })
  }
  return found
}
