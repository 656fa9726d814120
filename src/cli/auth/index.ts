/** `radix auth`: user tokens. Cognito and GitHub OIDC sign-in belong here as verbs or options of `token`. */
import type { Command } from 'commander'
import { mintLocalToken } from '../shared/connection.ts'
import { addDataDirOption, type DataDirOption, resolveDataDir, wholeNumber } from '../shared/options.ts'
import { print } from '../shared/output.ts'

interface TokenOptions extends DataDirOption {
  ttlMinutes: number
  tenant: string
}

export function register(command: Command): void {
  addDataDirOption(command.command('token').description('Print a user token of the local issuer of a data directory'))
    .option('--ttl-minutes <number>', 'how long it is valid', wholeNumber({ minimum: 1, maximum: 1440 }), 60)
    .option('--tenant <id>', 'tenant that the token acts for', 'local')
    .action(async (options: TokenOptions) => {
      print(await mintLocalToken(resolveDataDir(options), options.ttlMinutes * 60, options.tenant))
    })
}
