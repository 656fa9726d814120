/**
 * The time limits of every call to AWS: per attempt by the SDK's HTTP handler, and per call here, including
 * credentials. An abandoned call sends no further attempt: a launch must not happen after a clean-up.
 */
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { within } from '../../core/within.ts'
import { proxyAgents } from '../../system/proxy.ts'

/** For the constructor of an AWS client: how often a call is tried, how long each attempt takes, through which proxy. */
export function attemptOptions(attemptTimeoutMs: number = EC2_LIMITS.attempt.value) {
  return {
    maxAttempts: EC2_LIMITS.attempts.value,
    requestHandler: {
      connectionTimeout: EC2_LIMITS.connection.value,
      requestTimeout: attemptTimeoutMs,
      throwOnRequestTimeout: true,
      ...proxyAgents(),
    },
  }
}

export class AwsCallTimedOut extends Error {
  override readonly name = 'AwsCallTimedOut'
  constructor(command: string, timeoutMs: number) {
    super(`AWS did not answer ${command} within ${timeoutMs / 1000} s`)
  }
}

interface CallContext {
  commandName?: string
  [GIVEN_UP]?: Error
}
const GIVEN_UP = Symbol('given up')

type Next<Arguments, Answer> = (args: Arguments) => Promise<Answer>

/** The part of a client's middleware stack that is used here: the clients of the SDK do not share a type for it. */
interface BoundableClient {
  // biome-ignore lint/suspicious/noExplicitAny: each client has its own types of input and output
  middlewareStack: { add(middleware: any, options: any): void }
}

export function boundCalls<C extends BoundableClient>(client: C, timeoutMs: number = EC2_LIMITS.call.value): C {
  client.middlewareStack.add(boundCall(timeoutMs), { step: 'initialize', priority: 'high', name: 'boundCall' })
  client.middlewareStack.add(refuseLateAttempt, { step: 'finalizeRequest', priority: 'low', name: 'refuseLateAttempt' })
  return client
}

function boundCall(timeoutMs: number) {
  return <Arguments, Answer>(next: Next<Arguments, Answer>, context: CallContext): Next<Arguments, Answer> =>
    (args) =>
      within(timeoutMs, next(args), () => {
        context[GIVEN_UP] = new AwsCallTimedOut(context.commandName ?? 'a call', timeoutMs)
        return context[GIVEN_UP]
      })
}

/** Below the SDK's retries, so it runs for each attempt. */
function refuseLateAttempt<Arguments, Answer>(
  next: Next<Arguments, Answer>,
  context: CallContext,
): Next<Arguments, Answer> {
  return async (args) => {
    if (context[GIVEN_UP]) throw context[GIVEN_UP]
    return next(args)
  }
}
