/**
 * The names of the plan's steps, in order. They are separate from the plan, so the journal need not import the steps.
 */
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
