/** `radix evidence …` */
import type { Command } from 'commander'
import { addConnectionOptions, addDataDirOption } from '../shared/options.ts'

export function register(command: Command): void {
  const verify = command.command('verify <run>').description('Verify that evidence is unchanged since it was signed')
  addConnectionOptions(verify)
    .option('--key <file>', 'public key (PEM) that must have signed it')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
A run is an evidence.json, its folder, or a run id, of this machine or of the control plane. Files need no network.
Exit codes: 0 valid (with --key: by that key), 1 any other result, 2 usage, no evidence, or no key.`,
    )
    .action(async (run, options) => (await import('./verify.ts')).verifyDocument(run, options))

  addDataDirOption(command.command('key').description('Print the public key that signs the evidence of this machine'))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
RADIX_SIGNING_KEY (an Ed25519 key in PKCS #8, PEM) takes precedence over the key of the data directory.
The key of the data directory is created on first use.`,
    )
    .action(async (options) => (await import('./key.ts')).printKey(options))
}
