/** Programs that are built from the Go module proxy on first use and kept in `.radix`. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'

const BUILD_TIMEOUT_MS = 600_000

/** Why none can be built here, or undefined. */
export function explainMissingGo(): string | undefined {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no Go, from which the programs of this test are built'
  }
}

/** The path of the program. `name`: that of the package's last part. */
export function buildGoTool({ name, module, version }: { name: string; module: string; version: string }): string {
  const folder = join(import.meta.dirname, '..', '..', '.radix', `${name}-${version}`)
  if (!existsSync(folder)) {
    const partial = `${folder}.${process.pid}`
    mkdirSync(partial, { recursive: true })
    execFileSync('go', ['install', `${module}@${version}`], {
      env: { ...process.env, GOBIN: partial },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: BUILD_TIMEOUT_MS,
    })
    renameSync(partial, folder)
  }
  return join(folder, name)
}
