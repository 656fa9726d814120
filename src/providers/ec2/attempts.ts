/** Tracks the SDK's attempts at one call: the thrown error is only that of the last attempt. */
import type { RunInstancesCommand } from '@aws-sdk/client-ec2'
import { classifyEc2Error } from './ec2-errors.ts'

export interface WatchedAttempts {
  /** The answer to an attempt proves nothing: it was lost, late, garbled, an internal failure, or not known. */
  mayHaveTakenEffect: boolean
}

export function watchAttempts(command: RunInstancesCommand): WatchedAttempts {
  const attempts = { mayHaveTakenEffect: false }
  command.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args)
      } catch (error) {
        if (UNPROVEN.has(classifyEc2Error(error))) attempts.mayHaveTakenEffect = true
        throw error
      }
    },
    // Below the SDK's retries, above the signing and the parsing of the answer.
    { step: 'finalizeRequest', priority: 'low', name: 'watchAttempts' },
  )
  return attempts
}

const UNPROVEN = new Set(['unanswered', 'network'])
