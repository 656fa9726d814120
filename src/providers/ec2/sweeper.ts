/** Finds Radix's resources in one region of an account: instances, volumes without an instance, parameters, buckets. */
import {
  DeleteVolumeCommand,
  type Instance,
  type Tag,
  TerminateInstancesCommand,
  type Volume,
} from '@aws-sdk/client-ec2'
import { GetBucketTaggingCommand, paginateListBuckets } from '@aws-sdk/client-s3'
import { DeleteParameterCommand, ListTagsForResourceCommand, paginateDescribeParameters } from '@aws-sdk/client-ssm'
import { systemClock } from '../../core/clock.ts'
import type { Leftover, Sweeper } from '../leftover.ts'
import type { AwsClients } from './aws-clients.ts'
import { awsCodeOf, classifyEc2Error, explainAwsErrors } from './ec2-errors.ts'
import { findInstances, listInstances } from './instances.ts'
import { listAll, requireList } from './list-all.ts'
import { MANAGED_BY_VALUES, ownerOfRelayBucket, PARAMETER_ROOT, RELAY_BUCKET_PREFIX, TAG } from './names.ts'
import { deleteBucket } from './relay/bucket.ts'
import { listVolumes } from './volumes.ts'

type Kind = Extract<Leftover['kind'], 'instance' | 'volume' | 'parameter' | 'bucket'>

/** One per kind of resource, so a failure for one kind does not hide the others. */
export function createEc2Sweepers(clients: AwsClients): Sweeper[] {
  return Object.entries(KINDS).map(([kind, { list, look, remove }]) => ({
    name: `ec2 ${clients.region} ${kind}s`,
    list: () => explainAwsErrors(() => list(clients)),
    remove: ({ id, runId }) =>
      explainAwsErrors(async () => {
        const tags = await look(clients, id)
        if (tags?.runId === runId) await ignoreGone(remove(clients, id))
      }),
  }))
}

interface KindOfThing {
  list(clients: AwsClients): Promise<Leftover[]>
  /**
   * Looks only at this one, because many are checked in parallel. `undefined` if it no longer exists or is not Radix's.
   */
  look(clients: AwsClients, id: string): Promise<OurTags | undefined>
  remove(clients: AwsClients, id: string): Promise<unknown>
}

const KINDS: Record<Kind, KindOfThing> = {
  instance: {
    list: listInstancesLeft,
    look: async (clients, id) => {
      const [instance] = (await ignoreGone(listInstances(clients, { InstanceIds: [id] }))) ?? []
      return instance && isLeft(instance) ? ours(instance.Tags) : undefined
    },
    remove: ({ ec2 }, id) => ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] })),
  },
  volume: {
    list: listVolumesLeft,
    look: async (clients, id) => {
      const [volume] = (await ignoreGone(listVolumes(clients, { VolumeIds: [id] }))) ?? []
      return volume && isLoose(volume) ? ours(volume.Tags) : undefined
    },
    remove: ({ ec2 }, id) => ec2.send(new DeleteVolumeCommand({ VolumeId: id })),
  },
  parameter: {
    list: listParameters,
    look: readParameterTags,
    remove: ({ ssm }, id) => ssm.send(new DeleteParameterCommand({ Name: id })),
  },
  bucket: {
    list: listBuckets,
    look: readBucketTags,
    remove: ({ s3 }, id) => deleteBucket(s3, id, systemClock),
  },
}

/** It is already terminating, so there is nothing to request. */
function isLeft({ State }: Instance): boolean {
  return State?.Name !== 'shutting-down' && State?.Name !== 'terminated'
}

/** Attached volumes are deleted with their instance. */
const LOOSE_STATES = ['available', 'error']
function isLoose({ State }: Volume): boolean {
  return State !== undefined && LOOSE_STATES.includes(State)
}

/** `undefined` if AWS says that the resource does not exist. */
async function ignoreGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (classifyEc2Error(error) === 'gone') return undefined
    throw error
  }
}

type OurTags = Pick<Leftover, 'runId' | 'deadlineAt'>

/** Both tags: another tool may use the same `ManagedBy` value, but not the tag of a run. */
function ours(tags: readonly Tag[] | undefined): OurTags | undefined {
  const value = (key: string) => tags?.find(({ Key }) => Key === key)?.Value
  const runId = value(TAG.runId)
  if (runId === undefined || !(MANAGED_BY_VALUES as readonly string[]).includes(value(TAG.managedBy) ?? ''))
    return undefined
  const deadlineMs = Date.parse(value(TAG.deadline) ?? '')
  return { runId, deadlineAt: Number.isNaN(deadlineMs) ? null : new Date(deadlineMs) }
}

async function listInstancesLeft(clients: AwsClients): Promise<Leftover[]> {
  const instances = await findInstances(clients, { [TAG.managedBy]: [...MANAGED_BY_VALUES] })
  return instances.filter(isLeft).flatMap(({ InstanceId = '', Tags, LaunchTime = null, State, InstanceType }) => {
    const tags = ours(Tags)
    if (!tags) return []
    const detail = `${InstanceType} ${State?.Name}`
    return { kind: 'instance' as const, id: InstanceId, region: clients.region, createdAt: LaunchTime, detail, ...tags }
  })
}

async function listVolumesLeft(clients: AwsClients): Promise<Leftover[]> {
  const filters = [
    { Name: `tag:${TAG.managedBy}`, Values: [...MANAGED_BY_VALUES] },
    { Name: 'status', Values: LOOSE_STATES },
  ]
  const volumes = await listVolumes(clients, { Filters: filters })
  return volumes.flatMap(({ VolumeId = '', Tags, CreateTime = null, Size }) => {
    const tags = ours(Tags)
    if (!tags) return []
    const detail = `${Size} GiB, attached to nothing`
    return { kind: 'volume' as const, id: VolumeId, region: clients.region, createdAt: CreateTime, detail, ...tags }
  })
}

async function listParameters(clients: AwsClients): Promise<Leftover[]> {
  const { ssm, region } = clients
  const filter = { Key: 'Path', Option: 'Recursive', Values: [PARAMETER_ROOT] }
  const pages = paginateDescribeParameters({ client: ssm }, { ParameterFilters: [filter] })
  const parameters = await listAll(pages, (page) => page.Parameters)
  const found: Leftover[] = []
  for (const { Name = '', LastModifiedDate = null } of parameters) {
    const tags = await readParameterTags(clients, Name)
    const detail = 'a secret of a run'
    if (tags) found.push({ kind: 'parameter', id: Name, region, createdAt: LastModifiedDate, detail, ...tags })
  }
  return found
}

/** `undefined` also if its run deleted it in the meantime. */
async function readParameterTags({ ssm }: AwsClients, name: string): Promise<OurTags | undefined> {
  const request = { ResourceType: 'Parameter' as const, ResourceId: name }
  const answer = await ignoreGone(ssm.send(new ListTagsForResourceCommand(request)))
  return answer && ours(requireList(answer.TagList))
}

/** S3 lists the buckets of every region; those of this one are told by their names. */
async function listBuckets(clients: AwsClients): Promise<Leftover[]> {
  const { s3, region } = clients
  const pages = paginateListBuckets({ client: s3 }, { Prefix: RELAY_BUCKET_PREFIX })
  const buckets = await listAll(pages, (page) => page.Buckets)
  const found: Leftover[] = []
  for (const { Name = '', CreationDate = null } of buckets) {
    const tags = ownerOfRelayBucket(Name, region) && (await readBucketTags(clients, Name))
    if (tags) found.push({ kind: 'bucket', id: Name, region, createdAt: CreationDate, detail: 'a relay', ...tags })
  }
  return found
}

/** One without any tags was created by a process that ended right after that: its name says whose it is. */
async function readBucketTags({ s3, region }: AwsClients, bucket: string): Promise<OurTags | undefined> {
  const runId = ownerOfRelayBucket(bucket, region)
  if (runId === undefined) return undefined
  try {
    const answer = await s3.send(new GetBucketTaggingCommand({ Bucket: bucket }))
    return ours(requireList(answer.TagSet))
  } catch (error) {
    if (awsCodeOf(error) === 'NoSuchTagSet') return { runId, deadlineAt: null }
    if (awsCodeOf(error) === 'NoSuchBucket') return undefined
    throw error
  }
}
