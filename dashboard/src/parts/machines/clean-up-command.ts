/** The command that ends what a run has left behind, also on a host that did not run it. Pure. */
import type { Run } from '../../../../src/contract/schemas/run.ts'
import { asTyped } from '../../../../src/core/as-typed.ts'

export function cleanUpCommand(runId: string, provider: Run['provider']): string {
  // A local machine has its record on the host that launched it; one of EC2 is found by its tags.
  return asTyped(`radix bench cleanup ${runId}${provider === 'ec2' ? ' --provider ec2' : ''}`)
}
