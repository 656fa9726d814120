/** Checks the role of the caller against the one in the route table. */
import { hasRole, type Role } from '../../contract/roles.ts'
import type { Route } from '../../contract/route.ts'
import { RadixError } from '../../errors/radix-error.ts'
import type { App } from '../app.ts'
import type { ApiKeyIdentity, Identity, UserIdentity } from './identity.ts'
import { resolveRole } from './roles.ts'

/** Throws `AUTH_ROLE_REQUIRED`. */
export function requireRole(route: Route, identity: Identity): void {
  if (route.role === undefined || !('role' in identity) || hasRole(identity.role, route.role)) return
  // The token of a run is refused for its scope, which names the better reason.
  if (identity.kind === 'user' && identity.runId !== null && !route.takesRunTokens) return
  throw new RadixError('AUTH_ROLE_REQUIRED', { ...describeCaller(identity, route.role), needed: route.role })
}

/**
 * Once the body is there. It may take minutes to arrive, and a role that was taken away meanwhile must not be used.
 * Throws `AUTH_ROLE_REQUIRED`.
 */
export async function requireRoleNow({ db, settings }: App, route: Route, identity: Identity): Promise<Identity> {
  if (identity.kind !== 'user' || identity.runId !== null) return identity
  const current = { ...identity, role: await resolveRole(db, identity, settings) }
  requireRole(route, current)
  return current
}

function describeCaller(identity: UserIdentity | ApiKeyIdentity, needed: Role) {
  const { role } = identity
  if (identity.kind === 'api_key') {
    const remedy = `Create a key with that role: \`radix api-key create <name> --role ${needed}\`.`
    return { who: 'The API key', role, remedy }
  }
  if (identity.runId !== null) {
    const remedy = `Set "role": "${needed}" in the grant of RADIX_GITHUB_GRANTS (docs/AUTH_CI_LOGIN.md).`
    return { who: `The token of run ${identity.runId}`, role, remedy }
  }
  if (!hasRole(identity.maxRole, needed)) {
    const remedy = `This sign-in is limited to the role ${identity.maxRole}. Sign in without that limit (docs/TEAM.md).`
    return { who: identity.subject, role, remedy }
  }
  const remedy = `Ask an admin of the tenant for the role: \`radix member set <member> ${needed}\` (\`radix member list\`).`
  return { who: identity.subject, role, remedy }
}
