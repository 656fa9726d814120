/** The control plane that belongs to this command has ended and cannot be restarted: retrying cannot help. */
import { isRadixError } from '../errors/radix-error.ts'

export class ControlPlaneLost extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** As the client reports it: `API_UNREACHABLE`, with it as the cause. */
export function isControlPlaneLost(error: unknown): boolean {
  return isRadixError(error, 'API_UNREACHABLE') && error.cause instanceof ControlPlaneLost
}
