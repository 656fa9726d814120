/** The policy of the GitHub role suffices for a relay and for its clean-up, and for no other bucket. */
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { systemClock } from '../src/core/clock.ts'
import { newId } from '../src/core/ids.ts'
import { DEFAULT_INSTANCE_TYPES, githubPolicy } from '../src/providers/ec2/account/policies.ts'
import { createAwsClients } from '../src/providers/ec2/aws-clients.ts'
import { DEFAULT_NAMES, relayBucketName } from '../src/providers/ec2/names.ts'
import { createBucket, deleteBucket } from '../src/providers/ec2/relay/bucket.ts'
import { createEc2Sweepers } from '../src/providers/ec2/sweeper.ts'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'

const POLICY = githubPolicy({
  partition: 'aws',
  accountId: '123456789012',
  regions: [MOTO_REGION],
  subnetArns: ['arn:aws:ec2:us-west-2:123456789012:subnet/subnet-0123456789abcdef0'],
  instanceTypes: DEFAULT_INSTANCE_TYPES,
  instanceRoleName: DEFAULT_NAMES.instanceRole,
  instanceProfileName: DEFAULT_NAMES.instanceProfile,
})
/** MOTO_REGION. */
const CreateBucketConfiguration = { LocationConstraint: 'us-west-2' } as const

describeWithMoto('the GitHub role', () => {
  let moto: Moto

  beforeAll(async () => {
    moto = await startMoto()
    for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value)
    const { iam, s3 } = createAwsClients(MOTO_REGION)
    await s3.send(new CreateBucketCommand({ Bucket: 'data', CreateBucketConfiguration }))
    await s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'secret', Body: 'x' }))
    const UserName = 'workflow'
    await iam.send(new CreateUserCommand({ UserName }))
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument: JSON.stringify(POLICY) }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    vi.stubEnv('AWS_ACCESS_KEY_ID', AccessKey?.AccessKeyId ?? '')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', AccessKey?.SecretAccessKey ?? '')
    await moto.enforcePolicies()
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await moto.stop()
  })

  it('creates, uses, finds and deletes the bucket of a relay', async () => {
    const clients = createAwsClients(MOTO_REGION)
    const ownerId = newId('run')
    const Bucket = relayBucketName(ownerId, MOTO_REGION)
    const deadlineAt = new Date(Date.now() + 3_600_000)
    const relay = { bucket: Bucket, region: MOTO_REGION, ownerId, deadlineAt, managedBy: 'github-actions' }
    await createBucket(clients.s3, relay, new Date())
    // What a presigned address allows, its signer must be allowed; moto does not check these themselves.
    await clients.s3.send(new PutObjectCommand({ Bucket, Key: 'to-agent', Body: 'content' }))
    await clients.s3.send(new GetObjectCommand({ Bucket, Key: 'to-agent' }))
    const sweeper = createEc2Sweepers(clients).find(({ name }) => name.endsWith('buckets'))
    expect(await sweeper?.list()).toMatchObject([{ kind: 'bucket', id: Bucket, runId: ownerId, deadlineAt }])
    await deleteBucket(clients.s3, Bucket, systemClock)
    expect(await sweeper?.list()).toEqual([])
  })

  it('reaches no other bucket', async () => {
    const { s3 } = createAwsClients(MOTO_REGION)
    const refused = expect.objectContaining({ name: 'AccessDenied' })
    await expect(s3.send(new GetObjectCommand({ Bucket: 'data', Key: 'secret' }))).rejects.toEqual(refused)
    const create = new CreateBucketCommand({ Bucket: 'other', CreateBucketConfiguration })
    await expect(s3.send(create)).rejects.toEqual(refused)
  })
})
