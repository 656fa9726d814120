/** The address of the sign-in page, which also shows why a sign-in failed. */
import type { ErrorCode } from '../../../errors/table.ts'

/** Only the code of an error: a page must not show text that others put into its address. */
export function signInPage({ error, next }: { error: ErrorCode; next?: string | undefined }): string {
  return `/sign-in?${new URLSearchParams({ error, ...(next === undefined ? {} : { next }) })}`
}
