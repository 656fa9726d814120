/** PostgreSQL refuses to run as root, so under root the embedded database runs as its own system user. */
import { readFile } from 'node:fs/promises'
import { CONTROL_PLANE_LIMITS } from '../../core/limits/control-plane.ts'
import type { Logger } from '../../core/logger.ts'
import { printableLine } from '../../core/printable.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { runProgram } from '../../system/run-program.ts'

export interface DatabaseUser {
  name: string
  uid: number
  gid: number
}

const USER_NAME = 'radix'
const CREATE_USER = ['useradd', '--system', '--no-create-home', '--shell', '/usr/sbin/nologin', USER_NAME] as const

export interface UserHost {
  currentUid(): number | undefined
  readPasswd(): Promise<string>
  createUser(argv: readonly string[]): Promise<unknown>
}

const thisHost: UserHost = {
  currentUid: () => process.getuid?.(),
  readPasswd: () => readFile('/etc/passwd', 'utf8'),
  async createUser([command = '', ...args]) {
    const answer = await runProgram([command, ...args], { timeoutMs: CONTROL_PLANE_LIMITS.databaseUserCreation.value })
    if (answer.outcome === 'exited' && answer.exitCode === 0) return
    const said = 'stderr' in answer ? answer.stderr : 'reason' in answer ? answer.reason : ''
    throw new Error([answer.outcome, printableLine(said)].filter(Boolean).join(': '))
  },
}

/** `undefined`: run as the user of this process. Under root the user `radix`, which is created when it is missing. */
export async function findDatabaseUser(logger: Logger, host = thisHost): Promise<DatabaseUser | undefined> {
  if (host.currentUid() !== 0) return undefined
  const present = parseUser(await host.readPasswd())
  if (present) return present
  logger.info({ command: CREATE_USER.join(' ') }, 'creating a system user for the embedded database')
  try {
    await host.createUser(CREATE_USER)
  } catch (error) {
    throw cannotCreate(error instanceof Error ? error.message : String(error), error)
  }
  const created = parseUser(await host.readPasswd())
  if (!created) throw cannotCreate('it is not in /etc/passwd afterwards')
  return created
}

function parseUser(passwd: string): DatabaseUser | undefined {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === USER_NAME)
  return fields && { name: USER_NAME, uid: Number(fields[2]), gid: Number(fields[3]) }
}

function cannotCreate(message: string, cause?: unknown): RadixError {
  const reason = `PostgreSQL does not run as root, and \`${CREATE_USER.join(' ')}\` failed: ${message}`
  return new RadixError('DATABASE_START_FAILED', { reason, log_path: '/etc/passwd' }, { cause })
}
