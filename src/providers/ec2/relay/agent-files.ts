/** Puts the agent where a machine behind a relay gets it. The digests that the machine checks do not come this way. */
import { createClient } from '../../../contract/client.ts'
import { AgentPlatform } from '../../../contract/schemas/agent-program.ts'
import { boundedFetch } from '../../../core/bounded-fetch.ts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { RadixError } from '../../../errors/radix-error.ts'

/** Of the AMIs that a run chooses. */
const PLATFORM = AgentPlatform.enum['linux-x64']

export interface ObjectStore {
  put(key: string, body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void>
  /** An address that lets anyone who has it read the object, for the life of the relay. */
  addressOf(key: string): Promise<string>
}

/** Returns the address of a list: a line for each file, with its name and its address. */
export async function storeAgentFiles(apiBase: string, store: ObjectStore, signal: AbortSignal): Promise<string> {
  const { install_script, platforms } = await createClient({ baseUrl: apiBase }).call(
    'getAgentManifest',
    {},
    { signal },
  )
  const files = platforms.find(({ platform }) => platform === PLATFORM)
  if (!files) throw new RadixError('AGENT_PROGRAM_NOT_SERVED')
  const paths = {
    'install.sh': install_script.path,
    'program.tar.gz': files.program.path,
    'node.gz': files.runtime.path,
  }
  const lines = await Promise.all(
    Object.entries(paths).map(async ([name, path]) => {
      const limits = { timeoutMs: EC2_LIMITS.agentProgram.value, maxBytes: EC2_LIMITS.relayFile.value, signal }
      const { bytes } = await boundedFetch(apiBase + path, limits)
      await store.put(`agent/${name}`, Buffer.from(bytes), signal)
      return `${name} ${await store.addressOf(`agent/${name}`)}\n`
    }),
  )
  await store.put('agent/list', Buffer.from(lines.join('')), signal)
  return store.addressOf('agent/list')
}
