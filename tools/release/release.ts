/**
 * `npm run release`: makes the files of a release in dist/release. With `--tag v1.2.3` it is the real one: the tag, package.json,
 * the changelog and the commit must agree. It publishes nothing; .github/workflows/release.yml does.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { buildPackage, PACKAGE_FOLDER } from '../build-package.ts'
import { checksumLine } from '../checksum.ts'
import { readReleaseNotes } from './notes.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const FOLDER = join(ROOT, 'dist', 'release')
const LIMIT_MS = 300_000

if (import.meta.main) {
  const { values } = parseArgs({ options: { tag: { type: 'string' } } })
  try {
    for (const file of await makeRelease(values.tag)) process.stdout.write(`dist/release/${file}\n`)
  } catch (error) {
    process.stderr.write(`No release was made: ${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}

/** The names of the files. */
async function makeRelease(tag: string | undefined): Promise<string[]> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')))
  if (tag !== undefined) checkTag(tag, version)
  const changelog = await readFile(join(ROOT, 'CHANGELOG.md'), 'utf8')
  const notes = readReleaseNotes(changelog, version, { needsDate: tag !== undefined })

  await rm(FOLDER, { recursive: true, force: true })
  await mkdir(FOLDER, { recursive: true })
  await buildPackage()
  run(['npm', 'pack', PACKAGE_FOLDER, '--pack-destination', FOLDER, '--loglevel=error'])
  // What ships is what package.json calls a dependency, bundled or not.
  const sbom = run(['npm', 'sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only'])
  await writeFile(join(FOLDER, 'radix.cdx.json'), sbom)
  await writeChecksums()
  await writeFile(join(FOLDER, 'NOTES.md'), notes)
  return (await readdir(FOLDER)).sort()
}

function checkTag(tag: string, version: string): void {
  if (tag !== `v${version}`) {
    throw new Error(`The tag is ${tag}, and package.json has version ${version}. Tag that commit v${version}.`)
  }
  const changed = run(['git', 'status', '--porcelain'])
  if (changed !== '') throw new Error(`The tree differs from its commit:\n${changed}Commit the changes, or undo them.`)
}

/** In the format of `sha256sum --check`. */
async function writeChecksums(): Promise<void> {
  const lines: string[] = []
  for (const name of (await readdir(FOLDER)).sort()) lines.push(await checksumLine(join(FOLDER, name)))
  await writeFile(join(FOLDER, 'SHA256SUMS'), lines.join(''))
}

/** Answers with its output; what it writes to stderr is shown. */
function run([command, ...args]: [string, ...string[]]): string {
  return execFileSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
    maxBuffer: 100_000_000,
  })
}
