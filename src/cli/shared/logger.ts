/** The log of long-running commands: JSON lines on stdout. */
import pino, { type Logger } from 'pino'
import { RadixError } from '../../errors/radix-error.ts'
import { writeLogLine } from './output.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** The level is RADIX_LOG_LEVEL. Throws `CONFIGURATION_INVALID` for one that does not exist. */
export function createLogger(): Logger {
  const level = process.env.RADIX_LOG_LEVEL ?? 'info'
  // Not pino's own stream: what that cannot write, as on a full disk, ends the process, or keeps it from ending.
  if ((LOG_LEVELS as readonly string[]).includes(level)) return pino({ level }, { write: writeLogLine })
  throw new RadixError('CONFIGURATION_INVALID', {
    setting: 'RADIX_LOG_LEVEL',
    value: level,
    reason: 'there is no such level',
    expected: `one of ${LOG_LEVELS.join(', ')}`,
  })
}
