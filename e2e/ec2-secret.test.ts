/** Only the run's own instance may read its secret: the tag that the policy of the instance role checks. */
import { GetParameterCommand, ListTagsForResourceCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { arnOf } from '../src/providers/ec2/instances.ts'
import { bindSecret, putSecret } from '../src/providers/ec2/secrets.ts'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'

const INSTANCE = {
  InstanceId: 'i-0123456789abcdef0',
  IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/radix-benchmark-instance-profile' },
}
const ARN = 'arn:aws:ec2:us-west-2:123456789012:instance/i-0123456789abcdef0'

describeWithMoto('the secret of a run', () => {
  let moto: Moto
  let ssm: SSMClient
  beforeAll(async () => {
    moto = await startMoto()
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' }
    ssm = new SSMClient({ region: MOTO_REGION, endpoint: moto.url, credentials })
  })
  afterAll(() => moto.stop())

  it('is tagged with the instance that may read it, also when the launch is repeated', async () => {
    const name = await putSecret(ssm, 'run_1', 'onboarding-token', 'a secret')
    const arn = arnOf(INSTANCE, MOTO_REGION)
    expect(arn).toBe(ARN)
    await bindSecret(ssm, name, ARN)
    await bindSecret(ssm, name, ARN)
    const request = new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: name })
    const { TagList = [] } = await ssm.send(request)
    expect(Object.fromEntries(TagList.map(({ Key, Value }) => [Key, Value]))).toEqual({
      ManagedBy: 'radix',
      'radix:run-id': 'run_1',
      'radix:instance-arn': ARN,
    })
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }))
    expect(Parameter).toMatchObject({ Type: 'SecureString', Value: 'a secret' })
  })

  it('that does not exist stops no launch', async () => {
    await expect(bindSecret(ssm, '/radix/runs/run_2/onboarding-token', ARN)).resolves.toBeUndefined()
  })

  it('needs no tag when the instance has no profile, and so no rights', () => {
    expect(arnOf({ InstanceId: 'i-1' }, MOTO_REGION)).toBeUndefined()
  })
})
