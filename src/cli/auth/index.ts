/** `radix auth`: user tokens. */
import { type Command, Option } from 'commander'
import { ROLES } from '../../contract/roles.ts'
import { addConnectionOptions, wholeNumber } from '../shared/options.ts'
import { TOKEN_SOURCES } from '../shared/sign-in/find-token-source.ts'
import { printLink } from './link.ts'
import { printToken } from './token.ts'

export function register(command: Command): void {
  addConnectionOptions(command.command('token').description('Print a user token'))
    .addOption(
      new Option('--source <source>', 'where the token comes from (what the environment allows)').choices(
        TOKEN_SOURCES,
      ),
    )
    .option('--ttl-minutes <number>', 'local: how long it is valid', wholeNumber({ minimum: 1, maximum: 1440 }), 60)
    .option('--tenant <id>', 'local: tenant that it acts for', 'local')
    .addOption(new Option('--role <role>', 'local: the highest role that it allows (admin)').choices(ROLES))
    .option('--run-key <text>', 'github: distinguishes the jobs of one matrix')
    .addHelpText(
      'after',
      `
Sources:
  local     the issuer of the data directory, for the control plane that runs on it
  github    the token of a run, in exchange for the OIDC token of this GitHub job; needs --api-base
  cognito   RADIX_COGNITO_USER_POOL_ID, RADIX_COGNITO_CLIENT_ID, RADIX_TEST_USERNAME, RADIX_TEST_PASSWORD, with an AWS role
            that may call cognito-idp:AdminInitiateAuth
See docs/AUTH_CI_LOGIN.md.`,
    )
    .action(printToken)
  addConnectionOptions(
    command
      .command('link')
      .description('Print a link that signs a browser in to the dashboard, once, within 15 minutes'),
  )
    .addOption(new Option('--role <role>', 'the highest role of the session (your own)').choices(ROLES))
    .action(printLink)
}
