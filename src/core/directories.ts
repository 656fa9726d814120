/** Where Radix keeps things on a machine. A pure function of its environment: it creates nothing. */
import { join, resolve } from 'node:path'

export interface DirectoryEnvironment {
  env: Readonly<Record<string, string | undefined>>
  home: string
  /** Undefined on platforms without user ids. */
  uid: number | undefined
}

/**
 * The data directory: `RADIX_DATA_DIR`, else `/var/lib/radix` for root (the embedded database runs as another user, who
 * must be able to reach it), else the XDG data folder. Absolute.
 */
export function dataDirectory({ env, home, uid }: DirectoryEnvironment): string {
  if (env.RADIX_DATA_DIR) return resolve(env.RADIX_DATA_DIR)
  if (uid === 0) return '/var/lib/radix'
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'radix')
}

/** Journals of runs, one folder per run id. */
export function runsDirectory(dataDir: string): string {
  return join(dataDir, 'runs')
}

/** The program and the runtimes of the agent, as machines get them. */
export function agentFilesDirectory(dataDir: string): string {
  return join(dataDir, 'agent-files')
}

/** What the local provider keeps of its machines, one folder per machine. */
export function machinesDirectory(dataDir: string): string {
  return join(dataDir, 'machines')
}

/** How this machine's processes reach the relays that they opened: one file for each, with its key. */
export function relaysDirectory(dataDir: string): string {
  return join(dataDir, 'relays')
}
