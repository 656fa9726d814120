import type { LimitTable } from './limit.ts'

export const EC2_LIMITS = {
  connection: {
    value: 5000,
    unit: 'ms',
    of: 'connecting to AWS, for one attempt of a call',
    effect: 'The SDK tries again.',
  },
  attempt: {
    value: 30_000,
    unit: 'ms',
    of: 'one attempt of a call to AWS',
    effect: 'The SDK tries again while the call has time left.',
  },
  call: {
    value: 60_000,
    unit: 'ms',
    of: 'a call to AWS with all its attempts',
    effect: 'The call counts as unanswered; no further attempt is sent.',
  },
  attempts: {
    value: 5,
    unit: 'count',
    of: 'the attempts of a call to AWS',
    effect: 'The last error counts.',
  },
  pages: {
    value: 2000,
    unit: 'count',
    of: 'the pages of a list of AWS',
    effect: 'The list counts as not seen.',
  },
  region: {
    value: 90_000,
    unit: 'ms',
    of: 'the answer of one region where several are asked',
    effect: 'The region counts as not seen; the others are not waited for any longer.',
  },
  settle: {
    value: 60_000,
    unit: 'ms',
    of: 'the time that EC2 may take to show a new instance to every call',
    effect: 'After it, an instance that EC2 does not know counts as absent.',
  },
  ssmLogs: {
    value: 15_000,
    unit: 'ms',
    of: 'the answer of a machine that is asked for its logs by SSM',
    effect: 'Its logs are left out.',
  },
  accountSettle: {
    value: 60_000,
    unit: 'ms',
    of: 'the time until AWS knows what `radix aws init` has made',
    effect: 'The command fails; the next one goes on from there.',
  },
  groupRelease: {
    value: 180_000,
    unit: 'ms',
    of: 'the time until a deleted VPC endpoint releases its security group',
    effect: '`radix aws destroy` reports the group as in use.',
  },
  apiBase: {
    value: 10_000,
    unit: 'ms',
    of: 'the answer of the control plane to the preflight',
    effect: 'The preflight says that nothing answers there.',
  },
  registry: {
    value: 10_000,
    unit: 'ms',
    of: 'each answer of an image registry to the preflight',
    effect: 'The preflight warns that it could not look.',
  },
  registryToken: {
    value: 64 * 1024,
    unit: 'characters',
    of: "the answer of an image registry's token service",
    effect: 'The preflight warns that it could not look.',
  },
  awsMessage: {
    value: 600,
    unit: 'characters',
    of: 'a message of AWS in an error',
    effect: 'The rest is left out.',
  },
  console: {
    value: 64_000,
    unit: 'characters',
    of: 'the console output of a machine',
    effect: 'Only its end is read.',
  },
} as const satisfies LimitTable
