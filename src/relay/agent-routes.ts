/** The routes that a relay carries: those of an agent, for one cluster. Pure. */
import { ROUTES, type RouteName } from '../contract/routes.ts'

const AGENT_ROUTES = (Object.keys(ROUTES) as RouteName[])
  .filter((name) => ROUTES[name].auth === 'cluster' || ROUTES[name].auth === 'onboarding')
  .map((name) => ({ name, method: ROUTES[name].method, pattern: toPattern(ROUTES[name].path) }))

/** Undefined for a request that no agent of the cluster makes. `path` may have a query. */
export function findAgentRoute(method: string, path: string, clusterId: string): RouteName | undefined {
  const [pathname = ''] = path.split('?')
  const route = AGENT_ROUTES.find((each) => each.method === method && each.pattern.test(pathname))
  const named = route?.pattern.exec(pathname)?.groups?.cluster_id
  return named === clusterId ? route?.name : undefined
}

/** It carries the result of a job: it is delivered even after the agent has stopped waiting for the answer. */
export function isDelivery(method: string, path: string): boolean {
  const [pathname = ''] = path.split('?')
  return ROUTES.completeJob.method === method && toPattern(ROUTES.completeJob.path).test(pathname)
}

function toPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{([a-z_]+)\}/g, '(?<$1>[A-Za-z0-9_-]+)')}$`)
}
