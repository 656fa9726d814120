import type { InstanceStateName } from '@aws-sdk/client-ec2'
import { expect, it } from 'vitest'
import { findMachineEnd } from './machine-end.ts'

const ended = (Code: string, Message = '', Name: InstanceStateName = 'terminated') =>
  findMachineEnd({ State: { Name }, StateReason: { Code, Message: `${Code}: ${Message}` } })

it.each([
  ['Client.VolumeLimitExceeded', 'Volume limit exceeded', /limit of EBS storage/],
  ['Client.InvalidSnapshot.NotFound', 'The specified snapshot was not found.', /snapshot of the AMI/],
  ['Client.InternalError', 'Client error on launch', /KMS key/],
  ['Client.UserInitiatedShutdown', 'User initiated shutdown', /another program of the account/],
  ['Client.InstanceInitiatedShutdown', 'Instance initiated shutdown', /shut itself down/],
  ['Server.SpotInstanceTermination', 'Spot instance termination', /took the spot machine back/],
  ['Server.InsufficientInstanceCapacity', 'Insufficient capacity to satisfy instance request', /no capacity/],
  ['Server.InternalError', 'Internal error on launch', /internal error/],
  ['Server.ScheduledStop', 'Stopped due to scheduled retirement', /maintenance/],
])('%s (%s) has a cause and a fix', (code, message, cause) => {
  expect(ended(code, message)).toMatchObject({
    cause: expect.stringMatching(cause),
    remedy: expect.stringMatching(/^$|\.$/),
    kind: code.includes('Capacity') ? 'capacity' : code.includes('Spot') ? 'reclaim' : 'other',
  })
})

it('names the KMS key when EC2 does', () => {
  const message = 'The key arn:aws:kms:us-west-2:123456789012:key/x is disabled'
  expect(ended('Client.InvalidKmsKey.InvalidState', message)?.cause).toMatch(/KMS key/)
})

it('keeps the code of an unknown end, and has no cause for a running machine', () => {
  expect(ended('Server.NewReason')?.cause).toBe('EC2 ended it (Server.NewReason)')
  expect(ended('pending', 'pending', 'pending')).toBeNull()
  expect(findMachineEnd({ State: { Name: 'terminated' } })).toBeNull()
})
