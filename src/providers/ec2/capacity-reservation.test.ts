/** Answers of DescribeCapacityReservations as AWS documents them, with the real SDK over HTTP: the emulator has no such call. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PreflightRequest } from '../provider.ts'
import { createAwsClients } from './aws-clients.ts'
import { placeInReservation, readReservation } from './capacity-reservation.ts'
import type { MachineImage } from './image.ts'
import type { CheckContext } from './preflight/check.ts'
import { checkReservation } from './preflight/reservation.ts'
import { buildRunInstances } from './run-instances.ts'
import { parseEc2Settings } from './settings.ts'

const ID = 'cr-0123456789abcdef0'
const settings = parseEc2Settings({ capacityReservationId: ID, instanceTypes: ['p5.48xlarge'] })

let server: Server
let members: Record<string, string | number>
let error: string | undefined
beforeEach(async () => {
  error = undefined
  members = {
    capacityReservationId: ID,
    instanceType: 'p5.48xlarge',
    availabilityZone: 'us-west-2b',
    state: 'active',
    availableInstanceCount: 1,
    reservationType: 'default',
  }
  server = createServer((_, response) => {
    const item = Object.entries(members).map(([name, value]) => `<${name}>${value}</${name}>`)
    const body = error
      ? `<Response><Errors><Error><Code>${error}</Code><Message>because</Message></Error></Errors></Response>`
      : `<DescribeCapacityReservationsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><capacityReservationSet><item>${item.join('')}</item></capacityReservationSet></DescribeCapacityReservationsResponse>`
    response.writeHead(error ? 400 : 200, { 'content-type': 'text/xml' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'testing')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'testing')
})
afterEach(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

const place = async () => placeInReservation(await readReservation(createAwsClients('us-west-2'), ID), settings)

describe('a launch into a reservation', () => {
  it.each([
    ['default', 'reserved', undefined],
    ['capacity-block', 'capacity-block', { MarketType: 'capacity-block' }],
  ])('of type %s names it, and its market', async (reservationType, market, options) => {
    members.reservationType = reservationType
    const placement = await place()
    expect(placement).toEqual({ region: 'us-west-2', zone: 'us-west-2b', instanceType: 'p5.48xlarge', market })
    const image = { imageId: 'ami-1', rootDeviceName: '/dev/sda1', rootVolumeGib: 8 } as MachineImage
    const subnet = { subnetId: 'subnet-1', vpcId: 'vpc-1', zone: 'us-west-2b', wayOut: 'internet' as const }
    const request = {
      placement,
      runId: 'run_1',
      clientToken: 'm_1',
      clusterId: 'cl_1',
      clusterName: 'test',
      apiBase: 'https://radix.example.com',
      onboardingTokenReference: '/x',
      deadlineAt: new Date(),
    }
    const input = buildRunInstances({ request, settings, image, subnet, securityGroupId: 'sg-1', userData: '' })
    expect(input.InstanceMarketOptions).toEqual(options)
    expect(input.CapacityReservationSpecification).toEqual({
      CapacityReservationTarget: { CapacityReservationId: ID },
    })
  })

  it.each([
    ['is over', { state: 'expired' }, /it is expired/],
    ['has not begun', { state: 'scheduled', startDate: '2026-12-01T11:30:00.000Z' }, /scheduled for 2026-12-01T11:30/],
    ['has no free machine', { availableInstanceCount: 0 }, /in use/],
    ['is for another type', { instanceType: 'p4d.24xlarge' }, /for p4d.24xlarge, not p5.48xlarge/],
  ])('is refused if the reservation %s', async (_, changes, reason) => {
    Object.assign(members, changes)
    await expect(place()).rejects.toMatchObject({ code: 'CAPACITY_RESERVATION_UNUSABLE', why: reason })
  })

  it('is refused if there is no such reservation, and not if AWS denies to look', async () => {
    error = 'InvalidCapacityReservationId.NotFound'
    await expect(place()).rejects.toMatchObject({ code: 'CAPACITY_RESERVATION_UNUSABLE', why: /none with this id/ })
    error = 'UnauthorizedOperation'
    await expect(place()).rejects.toMatchObject({ Code: 'UnauthorizedOperation' })
  })

  it('excludes spot', () => {
    expect(() => parseEc2Settings({ capacityReservationId: ID, spot: true })).toThrow(/no spot machines/)
  })
})

describe('the preflight', () => {
  const check = (deadlineAt: string, zone = 'us-west-2b') =>
    checkReservation({
      clients: createAwsClients('us-west-2'),
      settings,
      request: { deadlineAt: new Date(deadlineAt) } as PreflightRequest,
      subnets: async () => [{ subnetId: 'subnet-1', vpcId: 'vpc-1', zone, wayOut: 'internet' }],
    } as unknown as CheckContext)

  it('finds nothing where all fits', async () => {
    expect(await check('2026-12-01T10:00:00Z')).toEqual([])
  })

  it('finds that no subnet is in its zone', async () => {
    expect(await check('2026-12-01T10:00:00Z', 'us-west-2a')).toMatchObject([{ message: /zone us-west-2b/ }])
  })

  it.each([
    ['default', '2026-12-01T11:29:00Z', 0],
    ['default', '2026-12-01T11:31:00Z', 1],
    ['capacity-block', '2026-12-01T10:59:00Z', 0],
    ['capacity-block', '2026-12-01T11:01:00Z', 1],
  ])('compares the end of a reservation of type %s with a deadline at %s', async (reservationType, deadline, count) => {
    Object.assign(members, { reservationType, endDate: '2026-12-01T11:30:00.000Z' })
    expect(await check(deadline)).toHaveLength(count)
  })
})
