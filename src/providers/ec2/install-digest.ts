/** What the control plane hands to a machine, told to the machine beforehand. */
import { createClient } from '../../contract/client.ts'

/** SHA-256 of its `/agent/install.sh`, which has the digests of the rest. Throws as the client does. */
export async function readInstallDigest(apiBase: string): Promise<string> {
  const { install_script } = await createClient({ baseUrl: apiBase }).call('getAgentManifest', {})
  return install_script.sha256
}
