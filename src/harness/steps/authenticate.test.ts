import { afterEach, beforeEach, expect, it } from 'vitest'
import { RadixError } from '../../errors/radix-error.ts'
import { HarnessWorld } from '../testing/world.ts'
import { authenticate } from './authenticate.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

it('signs in, changes nothing, and can be repeated', async () => {
  const { context } = world.at('authenticate')
  const once = await world.clock.during(authenticate(context))
  expect(once).toEqual({ status: 'succeeded', message: 'signed in at https://radix.example.com' })
  expect(await world.clock.during(authenticate(context))).toEqual(once)
  expect(world.controlPlane.requests.map(({ route }) => route)).toEqual(['listClusters', 'listClusters'])
  expect(world.findLeftovers()).toEqual([])
})

it('sends nothing to the control plane without a token', async () => {
  const missing = new RadixError('AUTH_NOT_CONFIGURED', { api_base: 'https://radix.example.com' })
  const { context } = world.at('authenticate')
  const tokenSource = () => Promise.reject(missing)
  await expect(authenticate({ ...context, tokenSource })).rejects.toBe(missing)
  expect(world.controlPlane.requests).toEqual([])
})

it('reports a refused token, and does not retry', async () => {
  world.controlPlane.disturb('listClusters', new RadixError('AUTH_TOKEN_INVALID', { reason: 'another issuer' }))
  const { context } = world.at('authenticate')
  const signingIn = world.clock.during(authenticate(context))
  await expect(signingIn).rejects.toMatchObject({ code: 'AUTH_TOKEN_INVALID', exitCode: 4 })
  expect(world.controlPlane.countRequests('listClusters')).toBe(1)
})

it('waits through a short outage, and reports a long one', async () => {
  const { context } = world.at('authenticate')
  world.controlPlane.disturb('listClusters', 'unreachable', 2)
  expect(await world.clock.during(authenticate(context))).toMatchObject({ status: 'succeeded' })
  world.controlPlane.disturb('listClusters', 'unreachable')
  await expect(world.clock.during(authenticate(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
})

it('accepts a late answer', async () => {
  world.controlPlane.disturb('listClusters', { lateMs: 20_000 })
  const { context } = world.at('authenticate')
  expect(await world.clock.during(authenticate(context))).toMatchObject({ status: 'succeeded' })
})

it('ends with the reason of the abort when no answer comes', async () => {
  world.controlPlane.disturb('listClusters', 'silent')
  const { context, stop } = world.at('authenticate')
  const signingIn = authenticate(context)
  const reason = new Error('the time is up')
  stop(reason)
  await expect(signingIn).rejects.toBe(reason)
})
