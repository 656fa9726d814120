/**
 * `npm run build:executable`: one file that holds Node, the package and PostgreSQL, for the platform that it is built on.
 * It needs no Node, npm or registry where it runs. https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
 */
import { execFileSync } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { VERSION } from '../../src/core/version.ts'
import { PROGRAMS } from '../../src/system/program-files.ts'
import { buildPackage } from '../build-package.ts'
import { checksumLine } from '../checksum.ts'
import { ARCHIVE, ENTRY, pack } from './archive.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const FOLDER = join(ROOT, 'dist', 'executable')
/** What Node looks for in its own file, as its documentation has it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
const LIMIT_MS = 300_000

if (import.meta.main) {
  const file = await buildExecutable(FOLDER)
  process.stdout.write(`Built ${file}\n`)
}

/** Answers with the path of the executable; its checksum lies beside it, in the format of `sha256sum --check`. */
export async function buildExecutable(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const work = await mkdtemp(join(tmpdir(), 'radix-executable-'))
  try {
    const archive = join(work, ARCHIVE)
    await writeFile(archive, pack(await collectFiles(work)))
    const blob = await makeBlob(work, archive)
    const name = `radix-${VERSION}-${process.platform}-${process.arch}`
    const file = join(folder, name)
    await copyFile(process.execPath, file)
    await chmod(file, 0o755)
    injectBlob(file, blob)
    await writeFile(`${file}.sha256`, await checksumLine(file))
    return file
  } finally {
    await rm(work, { recursive: true })
  }
}

/** The package as npm installs it, with the PostgreSQL of this platform, and the file that starts it. */
async function collectFiles(work: string) {
  const source = join(work, 'source')
  await buildPackage(source)
  run(
    ['npm', 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'],
    source,
  )
  await writeFile(join(source, ENTRY), `import('./${PROGRAMS.radix.compiled}')\n`)
  const entries = await readdir(source, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    paths.toSorted().map(async (path) => {
      const mode = ((await stat(path)).mode & 0o111) === 0 ? 0o644 : 0o755
      return { path: relative(source, path), mode, content: await readFile(path) }
    }),
  )
}

/** Answers with the path of what is injected into Node. */
async function makeBlob(work: string, archive: string): Promise<string> {
  const main = join(work, 'main.cjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'main.ts')],
    outfile: main,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    logLevel: 'warning',
  })
  const output = join(work, 'blob')
  const config = join(work, 'sea.json')
  const settings = { main, output, disableExperimentalSEAWarning: true, assets: { [ARCHIVE]: archive } }
  await writeFile(config, JSON.stringify(settings))
  run([process.execPath, '--experimental-sea-config', config], work)
  return output
}

/** macOS runs only what is signed, and injecting breaks the signature that is there. */
function injectBlob(file: string, blob: string): void {
  const isMac = process.platform === 'darwin'
  if (isMac) run(['codesign', '--remove-signature', file])
  const postject = [process.execPath, join(ROOT, 'node_modules', 'postject', 'dist', 'cli.js')] as const
  const segment = isMac ? ['--macho-segment-name', 'NODE_SEA'] : []
  run([...postject, file, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE, ...segment])
  if (isMac) run(['codesign', '--sign', '-', file])
}

/** What it prints is part of the error if it fails. */
function run([command, ...args]: readonly [string, ...string[]], cwd = ROOT): void {
  execFileSync(command, args, { cwd, stdio: 'pipe', timeout: LIMIT_MS })
}
