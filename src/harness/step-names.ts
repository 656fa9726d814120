/** The names of the plan's steps, in their order. Apart from the plan, so that the journal need not know the steps. */
export const STEP_NAMES = [
  'authenticate',
  'preflight',
  'register-run',
  'create-cluster',
  'create-onboarding-token',
  'launch-machine',
  'await-machine',
  'await-cluster',
  'run-trials',
  'collect',
  'terminate-machine',
  'write-evidence',
  'clean-up',
] as const
export type StepName = (typeof STEP_NAMES)[number]
