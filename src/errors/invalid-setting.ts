import { RadixError } from './radix-error.ts'

/** `CONFIGURATION_INVALID`: `setting` is `value`, which cannot be used for the `reason`; it should be `expected`. */
export function invalidSetting(
  setting: string,
  value: string,
  reason: string,
  expected: string,
  cause?: unknown,
): RadixError {
  return new RadixError('CONFIGURATION_INVALID', { setting, value, reason, expected }, { cause })
}
