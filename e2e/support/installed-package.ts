/** The package as npm installs it from its tarball, in a folder without a clone. */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildPackage } from '../../tools/build-package.ts'

const TIMEOUT_MS = 170_000
const run = promisify(execFile)

/** Packs what is built from this clone; answers with the path of the tarball. */
export async function packProgram(directory: string): Promise<string> {
  const folder = join(directory, 'package')
  await buildPackage(folder)
  const { stdout } = await npm(folder, 'pack', '--silent', '--pack-destination', directory)
  return join(directory, stdout.trim())
}

/** Answers with the folder of the programs. `packages`: names on the registry, or tarballs. */
export async function installPackages(directory: string, packages: readonly string[]): Promise<string> {
  const folder = join(directory, 'installed')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{}')
  await npm(folder, 'install', '--prefer-offline', '--no-audit', '--no-fund', ...packages)
  return join(folder, 'node_modules', '.bin')
}

function npm(cwd: string, ...argv: string[]) {
  return run('npm', argv, { cwd, timeout: TIMEOUT_MS })
}
