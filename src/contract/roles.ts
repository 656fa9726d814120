/** What a member of a tenant may do. Each role may also do everything that the roles before it may. */

/** Lowest first: reads; starts and ends work; manages members, budget, keys and webhooks, and reads the audit log. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** The roles of an API key, which reads scores or also records observations. */
export const API_KEY_ROLES = ['viewer', 'operator'] as const satisfies readonly Role[]
export type ApiKeyRole = (typeof API_KEY_ROLES)[number]

export function hasRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

export function lowerRole(first: Role, second: Role): Role {
  return hasRole(first, second) ? second : first
}
