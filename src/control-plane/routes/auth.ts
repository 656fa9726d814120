/** Signing in. */
import { RadixError } from '../../errors/radix-error.ts'
import { createRunToken } from '../services/run-tokens.ts'
import type { HandlersOf } from './handler.ts'

export const authHandlers: HandlersOf<'auth'> = {
  exchangeGithubToken: async ({ body }, { db, verifyGithubToken }) => {
    if (!verifyGithubToken) throw new RadixError('AUTH_GITHUB_NOT_CONFIGURED')
    return createRunToken(db, await verifyGithubToken(body.token), body.key)
  },
}
