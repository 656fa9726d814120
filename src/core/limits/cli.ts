import type { LimitTable } from './limit.ts'

export const CLI_LIMITS = {
  githubToken: {
    value: 10_000,
    unit: 'ms',
    of: "one request for a job's token to GitHub",
    effect: 'GitHub is asked again; after the last time the command ends with `GITHUB_TOKEN_UNAVAILABLE`.',
  },
  githubTokenAnswer: {
    value: 64 * 1024,
    unit: 'bytes',
    of: "GitHub's answer with a job's token",
    effect: 'The command ends with `GITHUB_TOKEN_UNAVAILABLE`.',
  },
  githubTokenRetries: {
    value: 5,
    unit: 'count',
    of: 'further requests when GitHub answers 429 or 5xx, or not in time',
    effect: 'The command ends with `GITHUB_TOKEN_UNAVAILABLE`.',
  },
} as const satisfies LimitTable
