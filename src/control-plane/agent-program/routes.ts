/** Hands out the agent. Public: nothing in it is secret, and a machine that joins has no credential yet. */
import type { HandlersOf } from '../handler.ts'

export const agentProgramHandlers: HandlersOf<'agent-program'> = {
  getInstallScript: (_, { agentFiles }) => agentFiles.installScript(),
  getAgentManifest: (_, { agentFiles }) => agentFiles.manifest(),
  getAgentFile: ({ params: { platform, file } }, { agentFiles }) => agentFiles.find(platform, file),
}
