/**
 * Ends the embedded PostgreSQL when its server has died. A small process holds the other end of a pipe, and stops the
 * database when the pipe closes: a killed server cannot do it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { DatabaseUser } from './database-user.ts'

/**
 * $1: the data directory, $2: the database's pid, which must still be in its pid file: it may be another process's by
 * then. A database that is just starting is about to write that file. Fast shutdown first, then the immediate one.
 */
const KEEP = `
is_there() { [ "$(head -n 1 "$1/postmaster.pid" 2>/dev/null)" = "$2" ] && kill -0 "$2" 2>/dev/null; }
while read -r _; do :; done
for _ in $(seq 150); do [ ! -s "$1/postmaster.pid" ] && kill -0 "$2" 2>/dev/null || break; sleep 0.1; done
for signal in INT QUIT KILL; do
  is_there "$1" "$2" || exit 0
  kill -s "$signal" "$2"
  for _ in $(seq 150); do is_there "$1" "$2" || exit 0; sleep 0.1; done
done`

export interface Keeper {
  /** For a database that has ended. Returns when the keeper has ended too. */
  dismiss(): Promise<void>
}

/** Without `sh` (Windows), or if the keeper is killed, the next start stops what is left. */
export function keepPostgres(child: ChildProcess, directory: string, user: DatabaseUser | undefined): Keeper {
  if (process.platform === 'win32') return { dismiss: async () => {} }
  const keeper = spawn('sh', ['-c', KEEP, 'radix-postgres-keeper', directory, String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: { PATH: process.env.PATH },
    detached: true,
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
  })
  const ended = new Promise<void>((resolve) => {
    keeper.once('close', () => resolve())
    keeper.once('error', () => resolve())
  })
  keeper.stdin?.on('error', () => {}) // it has ended
  return {
    async dismiss() {
      keeper.kill('SIGKILL')
      await ended
    },
  }
}
