/** The agent's image for tests: what `deploy/docker/agent.Dockerfile` makes, from the files of this machine. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { DockerEngine } from './docker-engine.ts'
import { importTree } from './docker-images.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** What the agent imports; the rest of the program's packages belongs to other roles. */
const PACKAGES = ['commander', 'pino', 'zod']
const Manifest = z.looseObject({ dependencies: z.record(z.string(), z.string()).default({}) })

export async function importAgentImage(engine: DockerEngine, reference: string): Promise<void> {
  const tree = await mkdtemp(join(tmpdir(), 'radix-agent-image-'))
  try {
    // Not below /usr or /opt: a machine's own may be mounted over those.
    const program = join(tree, 'radix')
    for (const folder of ['bin', 'node_modules']) mkdirSync(join(program, folder), { recursive: true })
    for (const name of ['src', 'workloads', 'package.json']) {
      cpSync(join(ROOT, name), join(program, name), {
        recursive: true,
        filter: (path) => !/\.test\.ts$|__pycache__/.test(path),
      })
    }
    for (const name of closure(PACKAGES)) {
      cpSync(join(ROOT, 'node_modules', name), join(program, 'node_modules', name), { recursive: true })
    }
    cpSync(process.execPath, join(program, 'bin', 'node'))
    chmodSync(join(program, 'bin', 'node'), 0o755)
    for (const folder of ['usr/lib', 'usr/lib64', 'usr/bin', 'tmp', 'opt', 'etc'])
      mkdirSync(join(tree, folder), { recursive: true })
    for (const folder of ['lib', 'lib64', 'bin']) symlinkSync(`usr/${folder}`, join(tree, folder))
    for (const library of librariesOf(process.execPath)) {
      mkdirSync(join(tree, 'usr', dirname(library)), { recursive: true })
      copyFileSync(realpathSync(library), join(tree, 'usr', library))
    }
    await importTree(engine, reference, tree, [
      'ENTRYPOINT ["/radix/bin/node", "/radix/src/cli/main.ts"]',
      'CMD ["agent"]',
    ])
  } finally {
    await rm(tree, { recursive: true, force: true })
  }
}

/** Packages and all that they depend on; npm has laid them out flat. */
function closure(names: readonly string[]): string[] {
  const found = new Set<string>()
  const add = (name: string) => {
    const manifest = join(ROOT, 'node_modules', name, 'package.json')
    if (found.has(name) || !existsSync(manifest)) return
    found.add(name)
    for (const dependency of Object.keys(Manifest.parse(JSON.parse(readFileSync(manifest, 'utf8'))).dependencies))
      add(dependency)
  }
  for (const name of names) add(name)
  return [...found]
}

function librariesOf(program: string): string[] {
  const lines = execFileSync('ldd', [program], { encoding: 'utf8' }).split('\n')
  return lines.flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1]?.replace(/^\/usr/, '') ?? [])
}
