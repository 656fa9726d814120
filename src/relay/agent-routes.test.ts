import { describe, expect, it } from 'vitest'
import { findAgentRoute, isDelivery } from './agent-routes.ts'

const CLUSTER = 'cl_01'

describe('a relay', () => {
  it.each([
    ['POST', '/v1/clusters/cl_01/heartbeat', 'heartbeat'],
    ['POST', '/v1/clusters/cl_01/auth/exchange', 'exchangeOnboardingToken'],
    ['POST', '/v1/clusters/cl_01/jobs/job_1/complete', 'completeJob'],
    // Of a user, of another cluster, and no route at all.
    ['POST', '/v1/clusters/cl_01/jobs/job_1/cancel', undefined],
    ['POST', '/v1/clusters/cl_02/heartbeat', undefined],
    ['GET', '/v1/clusters/cl_01/heartbeat', undefined],
    ['POST', '/v1/clusters/cl_01/heartbeat/../../cl_02/heartbeat', undefined],
    ['GET', '/agent/install.sh', undefined],
    ['GET', '/', undefined],
  ])('takes for an agent route: %s %s: %s', (method, path, route) =>
    expect(findAgentRoute(method, path, CLUSTER)).toBe(route),
  )

  it('delivers results, whatever the agent waits for', () => {
    expect(isDelivery('POST', '/v1/clusters/cl_01/jobs/job_1/complete')).toBe(true)
    expect(isDelivery('POST', '/v1/clusters/cl_01/jobs/poll')).toBe(false)
  })
})
