/** Images for tests, made of files of this machine: there is no registry to pull from. */
import { execFileSync } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DockerEngine } from './docker-engine.ts'

const BUSYBOX = '/bin/busybox'
const COMMAND_TIMEOUT_MS = 100_000
const APPLETS = ['sh', 'sleep', 'env', 'echo', 'cat', 'ls', 'id', 'touch', 'dd', 'tail']

/** A static busybox, and whatever `files` adds: path in the image → text of a program. */
export async function importImage(
  engine: DockerEngine,
  reference: string,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'radix-image-'))
  try {
    for (const folder of ['bin', 'tmp', 'etc']) await mkdir(join(root, folder))
    await chmod(join(root, 'tmp'), 0o1777)
    await copyFile(BUSYBOX, join(root, 'bin', 'busybox'))
    for (const applet of APPLETS) await symlink('busybox', join(root, 'bin', applet))
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(root, path, '..'), { recursive: true })
      await writeFile(join(root, path), text)
      await chmod(join(root, path), 0o755)
    }
    await importTree(engine, reference, root)
  } finally {
    await rm(root, { recursive: true })
  }
}

export async function importTree(
  engine: DockerEngine,
  reference: string,
  root: string,
  changes: readonly string[] = ['ENV PATH=/bin'],
): Promise<void> {
  await chmod(root, 0o755)
  const tar = execFileSync('tar', ['--create', '--owner=0', '--group=0', '--directory', root, '.'], {
    maxBuffer: 1024 ** 3,
    timeout: COMMAND_TIMEOUT_MS,
  })
  engine.docker(['import', ...changes.flatMap((change) => ['--change', change]), '-', reference], tar)
}

const ROOT = join(import.meta.dirname, '..', '..')
/** What `radix agent` loads. */
const AGENT_PACKAGES = ['commander', 'pino', 'zod']

/** The agent's image in the layout of `deploy/docker/agent.Dockerfile`, from this clone, this Node and its libraries. */
export async function importAgentImage(engine: DockerEngine, reference: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'radix-agent-image-'))
  try {
    const folders = ['usr/bin', 'usr/lib', 'usr/lib64', 'opt', 'tmp', 'etc', 'run', 'radix/bin', 'radix/node_modules']
    for (const folder of folders) await mkdir(join(root, folder), { recursive: true })
    for (const folder of ['bin', 'lib', 'lib64']) await symlink(`usr/${folder}`, join(root, folder))
    await chmod(join(root, 'tmp'), 0o1777)
    await copyFile(process.execPath, join(root, 'radix', 'bin', 'node'))
    for (const library of listLibraries(process.execPath)) {
      // By its name in a merged /usr: /lib is a link there.
      const path = library.replace(/^\/(lib(64)?)\//, '/usr/$1/')
      await mkdir(join(root, path, '..'), { recursive: true })
      await copyFile(library, join(root, path))
    }
    for (const part of ['src', 'workloads', 'package.json']) await cp(join(ROOT, part), join(root, 'radix', part), COPY)
    for (const name of await withDependencies(AGENT_PACKAGES)) {
      await cp(join(ROOT, 'node_modules', name), join(root, 'radix', 'node_modules', name), COPY)
    }
    const entrypoint = 'ENTRYPOINT ["/radix/bin/node", "/radix/src/cli/main.ts"]'
    await importTree(engine, reference, root, [entrypoint, 'ENV HOME=/tmp'])
  } finally {
    await rm(root, { recursive: true })
  }
}

const COPY = { recursive: true }

function listLibraries(program: string): string[] {
  const output = execFileSync('ldd', [program], { encoding: 'utf8', timeout: COMMAND_TIMEOUT_MS })
  return [...output.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
}

async function withDependencies(names: readonly string[]): Promise<Set<string>> {
  const found = new Set(names)
  for (const name of found) {
    const text = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')
    for (const dependency of Object.keys(JSON.parse(text).dependencies ?? {})) found.add(dependency)
  }
  return found
}
