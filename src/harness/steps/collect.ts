/** Stores all measurements durably on this side, so that the machine can be terminated. */
import { formatCount } from '../../core/format.ts'
import { collectFacts, storeCollected } from '../collected-facts.ts'
import { done, type StepContext, type StepResult } from '../step.ts'

export async function collect(context: StepContext): Promise<StepResult> {
  const collected = await collectFacts(context)
  await storeCollected(context, collected)
  const samples = collected.trials.reduce((sum, trial) => sum + trial.gpuSamples.length, 0)
  return done(`${formatCount(collected.trials.length, 'result')}, ${formatCount(samples, 'GPU sample')}`)
}
