import type { LimitTable } from './limit.ts'

export const CLI_LIMITS = {
  webhookTest: {
    value: 30_000,
    unit: 'ms',
    of: 'the first attempt of a test delivery',
    effect: 'The command fails; the delivery is still attempted.',
  },
  pythonDescription: {
    value: 60_000,
    unit: 'ms',
    of: 'importing PyTorch, for `radix doctor`',
    effect: 'The check reports that it could not look.',
  },
  pythonAnswer: {
    value: 10_000,
    unit: 'characters',
    of: 'what Python says about PyTorch, for `radix doctor`',
    effect: 'PyTorch counts as unusable.',
  },
  freeDisk: {
    value: 1024 ** 3,
    unit: 'bytes',
    of: 'the free space that `radix doctor` expects for the data directory',
    effect: 'The check fails.',
  },
  githubToken: {
    value: 10_000,
    unit: 'ms',
    of: 'one request to GitHub for the token of a job',
    effect: 'The request is retried; after the last retry the command fails with `GITHUB_TOKEN_UNAVAILABLE`.',
  },
  githubTokenAnswer: {
    value: 64 * 1024,
    unit: 'bytes',
    of: 'the response of GitHub with the token of a job',
    effect: 'The command ends with `GITHUB_TOKEN_UNAVAILABLE`.',
  },
  githubTokenRetries: {
    value: 5,
    unit: 'count',
    of: 'retries after a 429, a 5xx or a timeout from GitHub',
    effect: 'The command ends with `GITHUB_TOKEN_UNAVAILABLE`.',
  },
  firstAnswer: {
    value: 5000,
    unit: 'ms',
    of: 'the response of a control plane for which there is no token',
    effect: 'The request is retried once, then the command fails with `API_UNREACHABLE`.',
  },
  evidenceFile: {
    value: 32 * 1024 * 1024,
    unit: 'characters',
    of: 'an `evidence.json` or a baseline file that a command reads',
    effect: 'The file is refused (`EVIDENCE_INVALID`).',
  },
  configurationFile: {
    value: 1024 * 1024,
    unit: 'characters',
    of: 'the file that `--config` names',
    effect: 'The file is refused (`CONFIGURATION_INVALID`).',
  },
  verificationKeyFile: {
    value: 1024 * 1024,
    unit: 'characters',
    of: 'the file that `evidence verify --key` names',
    effect: 'The file is refused (`VERIFICATION_KEY_INVALID`).',
  },
  secretSetting: {
    value: 60_000,
    unit: 'ms',
    of: 'setting one secret of a GitHub repository with `gh`',
    effect: '`gh` is killed, and the command fails with `GITHUB_SECRET_NOT_SET`.',
  },
  evidenceFolders: {
    value: 1000,
    unit: 'count',
    of: 'evidence folders with the same name',
    effect: 'No further folder is created (`FILE_NOT_WRITABLE`).',
  },
  tokenRenewal: {
    value: 600_000,
    unit: 'ms',
    of: 'remaining lifetime at which a command renews a user token',
    effect: 'The command requests a new token.',
  },
  annotations: {
    value: 10,
    unit: 'count',
    of: 'annotations of a step (a limit of GitHub)',
    effect: 'The others are only in the log.',
  },
  localToken: {
    value: 3_600_000,
    unit: 'ms',
    of: 'the lifetime of a token of the local issuer',
    effect: 'The command issues a new token.',
  },
  preflightInActions: {
    value: 120_000,
    unit: 'ms',
    of: 'the preflight of the Action',
    effect: 'The job fails.',
  },
  settingText: {
    value: 10_000,
    unit: 'characters',
    of: 'a JSON document in an option (`--fallback-region`)',
    effect: 'The option is refused (`CONFIGURATION_INVALID`).',
  },
} as const satisfies LimitTable
