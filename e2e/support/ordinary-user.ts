/** Shell commands as a user who is not root, with a home of its own. Root takes the number of a user that does not exist. */
import { type SpawnSyncReturns, spawn } from 'node:child_process'
import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

const UID = 54_321

export interface OrdinaryUser {
  home: string
  /** Runs a line as a user would who pastes it, to its end. */
  paste(line: string, options?: PasteOptions): Promise<Pasted>
}

export interface PasteOptions {
  /** The shell, as argv; `sh` if absent. */
  shell?: readonly string[]
  env?: Record<string, string>
}

export type Pasted = Pick<SpawnSyncReturns<string>, 'status' | 'stdout' | 'stderr'>

export async function createOrdinaryUser(directory: string): Promise<OrdinaryUser> {
  const home = join(directory, 'home')
  await mkdir(home)
  const isRoot = process.getuid?.() === 0
  if (isRoot) await chown(home, UID, UID)
  const become = isRoot ? ['setpriv', '--reuid', String(UID), '--regid', String(UID), '--clear-groups'] : []
  return {
    home,
    paste: (line, { shell = ['sh'], env = {} } = {}) =>
      runShell([...become, ...shell, '-c', line], { HOME: home, PATH: SYSTEM_PATH, E2E_SANDBOX: directory, ...env }),
  }
}

/** Where a machine's own programs are, and none of the tests'. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export function runShell([program = '', ...argv]: readonly string[], env: Record<string, string>): Promise<Pasted> {
  const child = spawn(program, argv, { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, ...output }))
  })
}
