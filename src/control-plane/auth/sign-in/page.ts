/** The address of the page on which a browser signs in, and is told why it could not. */
import type { ErrorCode } from '../../../errors/table.ts'

/** Only the code of an error: a page must not show what somebody else wrote into its address. */
export function signInPage({ error, next }: { error: ErrorCode; next?: string | undefined }): string {
  return `/sign-in?${new URLSearchParams({ error, ...(next === undefined ? {} : { next }) })}`
}
