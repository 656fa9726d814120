/** Removes what is left after the machine has terminated: secrets, tokens and the cluster. Then the run has ended. */
import { done, type StepContext, type StepResult } from '../step.ts'
import { archiveClusters } from './create-cluster.ts'
import { revokeOnboardingTokens } from './create-onboarding-token.ts'
import { endRun } from './register-run.ts'

export async function cleanUp(context: StepContext): Promise<StepResult> {
  await revokeOnboardingTokens(context)
  await archiveClusters(context)
  await endRun(context)
  return done()
}
