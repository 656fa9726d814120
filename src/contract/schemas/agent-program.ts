/** The agent's program, as the control plane hands it to a machine that joins. */
import { z } from 'zod'

/** In the words of Node: `process.platform` and `process.arch`. */
export const AGENT_PLATFORMS = ['linux-x64', 'linux-arm64'] as const
export const AgentPlatform = z.enum(AGENT_PLATFORMS)
export type AgentPlatform = z.infer<typeof AgentPlatform>

/** A file's name, never a path. It holds a part of the file's digest, so that its content never changes. */
export const AgentFileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const Bytes = z.number().int().nonnegative()

export const AgentManifest = z
  .object({
    version: z.string().describe('of the control plane, and so of the agent'),
    install_script: z.object({ path: z.string(), sha256: Sha256, size_bytes: Bytes }),
    platforms: z.array(
      z.object({
        platform: AgentPlatform,
        program: z
          .object({ path: z.string(), sha256: Sha256, size_bytes: Bytes })
          .describe('tar.gz: the agent and the workloads'),
        runtime: z
          .object({ path: z.string(), unpacked_sha256: Sha256, unpacked_size_bytes: Bytes, version: z.string() })
          .describe('gz: the program `node`; the digest and the size are those of the program'),
      }),
    ),
  })
  .meta({ id: 'AgentManifest' })
export type AgentManifest = z.infer<typeof AgentManifest>
