/** The Node of this process, for other machines: whether they can run it, and what the agent needs of one. */
import { isSea } from 'node:sea'

/** The agent needs this version of Node or a later one. */
export const AGENT_NODE_MAJOR = 24
/** Official builds of Node 24 are made against glibc 2.28. */
const OFFICIAL_GLIBC_MINOR = 28

export interface PortableNode {
  /** `linux-x64`: the platform and the architecture, in the words of Node. */
  platform: string
  path: string
  version: string
}

/**
 * Undefined unless this is an official build or as portable as one: linked with nothing but the C and C++ libraries, of
 * a version that every supported system has. A single executable is no Node for another program.
 */
export function findPortableNode(): PortableNode | undefined {
  const variables: Record<string, unknown> = process.config.variables
  const isShared = Object.entries(variables).some(([name, value]) => /^node_shared/.test(name) && value === true)
  const report: unknown = process.report.getReport()
  const glibc = /"glibcVersionCompiler":"2\.(\d+)"/.exec(JSON.stringify(report))?.[1]
  const isPortable =
    !isSea() &&
    AGENT_NODE_MAJOR <= Number.parseInt(process.versions.node, 10) &&
    !isShared &&
    glibc !== undefined &&
    Number(glibc) <= OFFICIAL_GLIBC_MINOR
  if (!isPortable) return undefined
  return { platform: `${process.platform}-${process.arch}`, path: process.execPath, version: process.versions.node }
}
