/** The control plane hands out the agent for the machine: it has the program, and can get the Node of the platform. */
import { createClient } from '../../../contract/client.ts'
import { AgentPlatform } from '../../../contract/schemas/agent-program.ts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { isRadixError, RadixError } from '../../../errors/radix-error.ts'
import { errorFinding, type Finding } from '../../provider.ts'
import type { CheckContext } from './check.ts'

/** Of the AMIs that a run chooses. */
const PLATFORM = AgentPlatform.enum['linux-x64']

/** No finding if nothing answers: that is the finding of another check. */
export async function checkAgentProgram({ settings, request }: CheckContext): Promise<Finding[]> {
  if (settings.agentImage !== null) return []
  try {
    await prepareProgram(request.apiBase)
    return []
  } catch (error) {
    if (isRadixError(error, 'API_UNREACHABLE')) return []
    if (isRadixError(error, 'ROUTE_NOT_FOUND')) return [errorFinding(new RadixError('AGENT_PROGRAM_NOT_SERVED'))]
    throw error
  }
}

/** The first request makes the control plane fetch and compress what it lacks: the machine then need not wait for that. */
async function prepareProgram(apiBase: string): Promise<void> {
  const client = createClient({ baseUrl: apiBase })
  const { platforms } = await client.call('getAgentManifest', {}, { retries: 1 })
  const file = platforms
    .find(({ platform }) => platform === PLATFORM)
    ?.runtime.path.split('/')
    .at(-1)
  if (!file) throw new RadixError('AGENT_PROGRAM_NOT_SERVED')
  const signal = AbortSignal.timeout(EC2_LIMITS.agentProgram.value)
  const answer = await client.open('getAgentFile', { params: { platform: PLATFORM, file } }, { signal })
  await answer.body?.cancel()
}
