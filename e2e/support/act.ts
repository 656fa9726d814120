/**
 * nektos/act, which runs workflows on this machine: https://github.com/nektos/act. Built from the Go module proxy on first
 * use and kept in `.radix`.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'

const VERSION = 'v0.2.89'
const BUILD_TIMEOUT_MS = 600_000

/** Why it cannot be built here, or undefined. */
export function explainMissingGo(): string | undefined {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no Go, from which nektos/act is built'
  }
}

/** The program. */
export function buildAct(): string {
  const folder = join(import.meta.dirname, '..', '..', '.radix', `act-${VERSION}`)
  if (!existsSync(folder)) {
    const partial = `${folder}.${process.pid}`
    mkdirSync(partial, { recursive: true })
    execFileSync('go', ['install', `github.com/nektos/act@${VERSION}`], {
      env: { ...process.env, GOBIN: partial },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: BUILD_TIMEOUT_MS,
    })
    renameSync(partial, folder)
  }
  return join(folder, 'act')
}
