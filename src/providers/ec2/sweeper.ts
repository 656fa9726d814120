/** What one region of an account holds of ours: instances, volumes without an instance, parameters. */
import { DeleteVolumeCommand, DescribeVolumesCommand, type Tag, TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { DeleteParameterCommand, DescribeParametersCommand, ListTagsForResourceCommand } from '@aws-sdk/client-ssm'
import type { Leftover, Sweeper } from '../leftover.ts'
import type { AwsClients } from './aws-clients.ts'
import { awsCodeOf, classifyEc2Error, explainAwsErrors, toAwsError } from './ec2-errors.ts'
import { findInstances } from './instances.ts'
import { MANAGED_BY_VALUES, PARAMETER_ROOT, TAG } from './names.ts'

export function createEc2Sweeper(clients: AwsClients): Sweeper {
  const { region } = clients
  const listers = [listInstances, listVolumes, listParameters]
  return {
    name: `ec2 ${region}`,
    list: () => explainAwsErrors(async () => (await Promise.all(listers.map((list) => list(clients)))).flat()),
    async remove(leftover) {
      const { id, kind } = leftover
      try {
        const [still] = (await listers[KINDS.indexOf(kind)]?.(clients, id)) ?? []
        if (!still || still.runId !== leftover.runId) return
        if (kind === 'instance') await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
        else if (kind === 'volume') await clients.ec2.send(new DeleteVolumeCommand({ VolumeId: id }))
        else await clients.ssm.send(new DeleteParameterCommand({ Name: id }))
      } catch (error) {
        if (!isGone(error)) throw toAwsError(error)
      }
    },
  }
}

/** In the order of the listers. */
const KINDS: readonly Leftover['kind'][] = ['instance', 'volume', 'parameter']

/** Both tags: somebody else's `ManagedBy` may have the same value, but no run of ours. */
function ours(tags: readonly Tag[] | undefined) {
  const value = (key: string) => tags?.find(({ Key }) => Key === key)?.Value
  const runId = value(TAG.runId)
  if (runId === undefined || !(MANAGED_BY_VALUES as readonly string[]).includes(value(TAG.managedBy) ?? ''))
    return undefined
  const deadlineMs = Date.parse(value(TAG.deadline) ?? '')
  return { runId, deadlineAt: Number.isNaN(deadlineMs) ? null : new Date(deadlineMs) }
}

async function listInstances(clients: AwsClients, id?: string): Promise<Leftover[]> {
  const instances = await findInstances(clients, { [TAG.managedBy]: [...MANAGED_BY_VALUES] })
  return instances.flatMap(({ InstanceId = '', Tags, LaunchTime = null, State, InstanceType }) => {
    const tags = ours(Tags)
    // On its way out already: there is nothing to ask for.
    if (!tags || State?.Name === 'shutting-down' || (id !== undefined && id !== InstanceId)) return []
    const detail = `${InstanceType} ${State?.Name}`
    return { kind: 'instance' as const, id: InstanceId, region: clients.region, createdAt: LaunchTime, detail, ...tags }
  })
}

async function listVolumes(clients: AwsClients, id?: string): Promise<Leftover[]> {
  const filters = [
    { Name: `tag:${TAG.managedBy}`, Values: [...MANAGED_BY_VALUES] },
    // Attached ones go with their instance.
    { Name: 'status', Values: ['available', 'error'] },
  ]
  const { Volumes = [] } = await clients.ec2.send(new DescribeVolumesCommand({ Filters: filters }))
  return Volumes.flatMap(({ VolumeId = '', Tags, CreateTime = null, Size }) => {
    const tags = ours(Tags)
    if (!tags || (id !== undefined && id !== VolumeId)) return []
    const detail = `${Size} GiB, attached to nothing`
    return { kind: 'volume' as const, id: VolumeId, region: clients.region, createdAt: CreateTime, detail, ...tags }
  })
}

async function listParameters({ ssm, region }: AwsClients, id?: string): Promise<Leftover[]> {
  const filter = { Key: 'Path', Option: 'Recursive', Values: [PARAMETER_ROOT] }
  const { Parameters = [] } = await ssm.send(new DescribeParametersCommand({ ParameterFilters: [filter] }))
  const found: Leftover[] = []
  for (const { Name = '', LastModifiedDate = null } of Parameters) {
    if (id !== undefined && id !== Name) continue
    const request = { ResourceType: 'Parameter' as const, ResourceId: Name }
    const { TagList = [] } = await ssm.send(new ListTagsForResourceCommand(request))
    const tags = ours(TagList)
    const detail = 'a secret of a run'
    if (tags) found.push({ kind: 'parameter', id: Name, region, createdAt: LastModifiedDate, detail, ...tags })
  }
  return found
}

function isGone(error: unknown): boolean {
  return classifyEc2Error(error) === 'gone' || awsCodeOf(error) === 'ParameterNotFound'
}
