import { beforeEach, expect, it, vi } from 'vitest'
import { type AwsClients, createAwsClients } from './aws-clients.ts'
import { MANAGED_BY, TAG } from './names.ts'
import { createEc2Sweepers } from './sweeper.ts'

const Tags = [
  { Key: TAG.managedBy, Value: MANAGED_BY },
  { Key: TAG.runId, Value: 'run_1' },
]
const OTHER = [...Tags.slice(0, 1), { Key: TAG.runId, Value: 'run_2' }]

let clients: AwsClients
/** Requests and their answers, by name. */
let requests: { name: string; input: object }[]
let answers: Record<string, object>

beforeEach(() => {
  clients = createAwsClients('us-west-2')
  requests = []
  answers = {}
  const send = async (command: { constructor: { name: string }; input: object }) => {
    const { name } = command.constructor
    requests.push({ name, input: command.input })
    const answer = answers[name] ?? {}
    if (answer instanceof Error) throw answer
    return answer
  }
  vi.spyOn(clients.ec2, 'send').mockImplementation(send as never)
  vi.spyOn(clients.ssm, 'send').mockImplementation(send as never)
})

type Kind = 'instance' | 'volume' | 'parameter'

async function remove(kind: Kind, id: string): Promise<void> {
  const sweeper = createEc2Sweepers(clients).find(({ name }) => name.endsWith(`${kind}s`))
  const rest = { region: 'us-west-2', createdAt: null, deadlineAt: null, detail: '' }
  await sweeper?.remove({ kind, id, runId: 'run_1', ...rest })
}

const looks: [Kind, string, string, string, (tags: object[]) => object][] = [
  [
    'instance',
    'i-1',
    'DescribeInstancesCommand',
    'TerminateInstancesCommand',
    (tags) => ({ Reservations: [{ Instances: [{ InstanceId: 'i-1', State: { Name: 'running' }, Tags: tags }] }] }),
  ],
  [
    'volume',
    'vol-1',
    'DescribeVolumesCommand',
    'DeleteVolumeCommand',
    (tags) => ({ Volumes: [{ VolumeId: 'vol-1', State: 'available', Tags: tags }] }),
  ],
  [
    'parameter',
    '/radix/runs/run_1/x',
    'ListTagsForResourceCommand',
    'DeleteParameterCommand',
    (tags) => ({ TagList: tags }),
  ],
]

it.each(looks)('reads a single %s before it removes it', async (kind, id, look, end, answer) => {
  answers[look] = answer(Tags)
  await remove(kind, id)
  expect(requests.map(({ name }) => name)).toEqual([look, end])
  expect(JSON.stringify(requests[0]?.input)).toContain(id)
})

it.each(looks)('keeps a %s that is gone, or belongs to another run by now', async (kind, id, look, _, answer) => {
  answers[look] = answer(OTHER)
  await remove(kind, id)
  answers[look] = Object.assign(new Error('not there'), { name: 'InvalidInstanceID.NotFound' })
  await remove(kind, id)
  expect(requests.map(({ name }) => name)).toEqual([look, look])
})

it.each(['terminated', 'shutting-down'])('does not terminate an instance that is %s', async (Name) => {
  const instance = { InstanceId: 'i-1', State: { Name }, Tags }
  answers.DescribeInstancesCommand = { Reservations: [{ Instances: [instance] }] }
  await remove('instance', 'i-1')
  expect(requests).toHaveLength(1)
})

it('does not report a resource as removed that could not be read', async () => {
  answers.ListTagsForResourceCommand = Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
  await expect(remove('parameter', '/radix/runs/run_1/x')).rejects.toMatchObject({ code: 'AWS_CALL_FAILED' })
})
