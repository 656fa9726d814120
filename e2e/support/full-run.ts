/** What `npm run test:full` does at every step or in every look, and `npm test` at a few that stand for them. */
import { STEP_NAMES, type StepName } from '../../src/harness/step-names.ts'

export const isFullRun = Boolean(process.env.RADIX_TEST_FULL)

/**
 * Where real programs are killed or cancelled: while a machine is launched, at work, and ended. Crashes at every point of
 * every step are tested in one process, by crash-safety.test.ts.
 */
export const STEPS_TO_STOP_AT: readonly StepName[] = isFullRun
  ? STEP_NAMES
  : ['launch-machine', 'run-trials', 'terminate-machine']
