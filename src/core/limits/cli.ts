import type { LimitTable } from './limit.ts'

export const CLI_LIMITS = {
  githubToken: {
    value: 10_000,
    unit: 'ms',
    of: "one request for a job's token to GitHub",
    effect: 'GitHub is asked again; after the last retry the command fails with `GITHUB_TOKEN_UNAVAILABLE`.',
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
  firstAnswer: {
    value: 5000,
    unit: 'ms',
    of: 'the answer of a control plane for which no token is there',
    effect: 'It is asked once more; then the command ends with `API_UNREACHABLE`.',
  },
  evidenceFile: {
    value: 32 * 1024 * 1024,
    unit: 'characters',
    of: 'an `evidence.json` or a baseline file that a command reads',
    effect: 'It is refused (`EVIDENCE_INVALID`).',
  },
  configurationFile: {
    value: 1024 * 1024,
    unit: 'characters',
    of: 'the file that `--config` names',
    effect: 'It is refused (`CONFIGURATION_INVALID`).',
  },
  verificationKeyFile: {
    value: 1024 * 1024,
    unit: 'characters',
    of: 'the file that `evidence verify --key` names',
    effect: 'It is refused (`VERIFICATION_KEY_INVALID`).',
  },
  secretSetting: {
    value: 60_000,
    unit: 'ms',
    of: 'setting one secret of a GitHub repository with `gh`',
    effect: 'It is killed, and the command fails with `GITHUB_SECRET_NOT_SET`.',
  },
  evidenceFolders: {
    value: 1000,
    unit: 'count',
    of: 'the evidence folders of one name beside each other',
    effect: 'The evidence is refused a folder (`FILE_NOT_WRITABLE`).',
  },
  tokenRenewal: {
    value: 600_000,
    unit: 'ms',
    of: 'the rest of the life of a user token at which a command renews it',
    effect: 'A new one is asked for.',
  },
  samePress: {
    value: 1000,
    unit: 'ms',
    of: 'signals that count as one press of Ctrl-C',
    effect: 'A later one is the second press.',
  },
  annotations: {
    value: 10,
    unit: 'count',
    of: 'annotations of a step, of which GitHub shows no more',
    effect: 'The others are only in the log.',
  },
} as const satisfies LimitTable
