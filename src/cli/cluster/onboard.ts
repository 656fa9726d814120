/** `radix cluster onboard`: the token, and the command that uses it on the machine that is to join. */
import { renderInstallCommand } from '../../contract/install-command.ts'
import { isLoopback } from '../../system/loopback.ts'
import { connect } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { note, noteAsIs, print, printJson } from '../shared/output.ts'

const TOKEN_FILE = 'onboarding-token'

interface OnboardOptions extends ConnectionOptions {
  ttlMinutes: number
  json?: boolean
}

export async function onboardCluster(clusterId: string, options: OnboardOptions): Promise<void> {
  const client = await connect(options)
  const token = await client.call('createOnboardingToken', {
    params: { cluster_id: clusterId },
    body: { ttl_seconds: options.ttlMinutes * 60 },
  })
  const address = { apiBase: client.baseUrl, clusterId }
  const command = renderInstallCommand({ ...address, token: token.one_time_token })
  if (options.json) return printJson({ cluster_id: clusterId, api_base: client.baseUrl, ...token, command })
  // Only the token goes to stdout, so that it can be piped into a file without being shown.
  print(token.one_time_token)
  const isShown = process.stdout.isTTY
  note(`It can be used once, until ${token.expires_at}. Paste this on the machine that joins:`)
  noteAsIs(`  ${isShown ? command : renderInstallCommand({ ...address, token: { file: TOKEN_FILE } })}`)
  if (isLoopback(client.baseUrl)) {
    note('This address works on this machine only: for another one, use an address of the server.')
  }
  if (!isShown) note(`Before that, put the token there in the file ${TOKEN_FILE}.`)
}
