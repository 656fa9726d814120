import type { LimitTable } from './limit.ts'

export const CLI_LIMITS = {
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
} as const satisfies LimitTable
