/** Checks that there is a user token and that the control plane accepts it, before anything else is tried. */
import { done, type StepContext, type StepResult } from '../step.ts'

export async function authenticate(context: Pick<StepContext, 'tokenSource' | 'call' | 'client'>): Promise<StepResult> {
  await context.tokenSource()
  await context.call('listClusters', { query: { limit: 1 } })
  return done(`signed in at ${context.client.baseUrl}`)
}
