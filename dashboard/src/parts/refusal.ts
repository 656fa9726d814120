/** Whether the role of the session lets it call a route, by the table that the control plane decides with. */
import { useSuspenseQuery } from '@tanstack/react-query'
import { hasRole } from '../../../src/contract/roles.ts'
import type { Route } from '../../../src/contract/route.ts'
import { ROUTES, type RouteName } from '../../../src/contract/routes.ts'
import { sessionQuery } from '../api/queries.ts'

/** Why not, for people; undefined for what is allowed. */
export function useRefusal(name: RouteName): string | undefined {
  const { data: session } = useSuspenseQuery(sessionQuery)
  const { role }: Route = ROUTES[name]
  if (role === undefined || hasRole(session.role, role)) return undefined
  return `This needs the role ${role}. Your role is ${session.role}.`
}
