/** AWS clients that name the action that the user lacks, whichever call AWS denies. */
import { RadixError } from '../../../errors/radix-error.ts'
import { type AwsClientOptions, type AwsClients, createAwsClients } from '../aws-clients.ts'
import { classifyEc2Error } from '../ec2-errors.ts'

export function createAccountClients(region: string, options?: AwsClientOptions): AwsClients {
  const clients = createAwsClients(region, options)
  clients.ec2.middlewareStack.add(nameDeniedAction('ec2'), { step: 'initialize' })
  clients.iam.middlewareStack.add(nameDeniedAction('iam'), { step: 'initialize' })
  clients.ssm.middlewareStack.add(nameDeniedAction('ssm'), { step: 'initialize' })
  clients.sts.middlewareStack.add(nameDeniedAction('sts'), { step: 'initialize' })
  return clients
}

interface CallContext {
  commandName?: string
}

/** An action in AWS's own message takes precedence: a call may need more permissions than the one of its name. */
function nameDeniedAction(service: string) {
  return <Arguments, Answer>(next: (args: Arguments) => Promise<Answer>, context: CallContext) =>
    async (args: Arguments): Promise<Answer> => {
      try {
        return await next(args)
      } catch (error) {
        if (classifyEc2Error(error) !== 'permission') throw error
        const message = error instanceof Error ? error.message : String(error)
        const [, named] = /not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)/.exec(message) ?? []
        const action = named ?? `${service}:${context.commandName?.replace(/Command$/, '')}`
        throw new RadixError('AWS_ACTION_DENIED', { action, message }, { cause: error })
      }
    }
}
